// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "busmark/bus/event_bus.hpp"
#include "busmark/bus/subject_list.hpp"

#include "transport/payload_source.hpp"
#include "transport/transport.hpp"
#include "transport/transport_name.hpp"

namespace busmark {

/// The in-process subject bus: messages go by subject from a producer's endpoint into the inbox of
/// every consumer whose pattern matches, or of one member of a queue group. A consumer has one
/// inbox, whatever the number of its patterns. Receivers of one message share its payload.
template <template <typename> class QueueOf>
class BusTransport {
  using Bus = EventBus<QueueOf>;
  using BusEnd = typename Bus::Publisher;

 public:
  static constexpr TransportInfo kInfo{
      .name = TransportName<BusPrefix, QueueOf<Message>::kInfo>::kValue,
      .summary = "subject bus in the process, inboxes of that queue",
      .patterns = kAllPatterns,
      .subjects = true,
      .named_subjects = true,
      .drops_old = QueueOf<Message>::kInfo.max_consumers == 0,
  };

  explicit BusTransport(const TransportOptions& options)
      : options_(options),
        subjects_(options.all_subjects()),
        inbox_capacity_(options.payload > Message::kInlinePayload
                            ? QueueOf<Message>(options.capacity, options.producers).capacity()
                            : 0),
        bus_({.max_publishers = options.producers + (relays(options) ? options.consumers : 0)}) {}

  /// Sends to the subjects in turn: message s of producer p to number (s + p * share) % subjects,
  /// unless messages name theirs.
  class Publisher {
   public:
    bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
      return payloads_.attach(message, payload) && end_of(message).try_publish(message);
    }

    std::size_t try_publish_bulk(Message* messages, std::size_t count,
                                 const PayloadPattern& payload) noexcept {
      std::size_t ready = 0;
      while (ready < count && payloads_.attach(messages[ready], payload)) ++ready;
      if (ends_.size() == 1) return ends_.front().try_publish_bulk(messages, ready);
      std::size_t sent = 0;
      while (sent < ready && end_of(messages[sent]).try_publish(messages[sent])) ++sent;
      return sent;
    }

    /// Where some inboxes have a message already, the others count it as dropped.
    void abandon(Message* messages, std::size_t count) noexcept {
      if (ends_.size() == 1) return ends_.front().abandon(messages, count);
      for (std::size_t i = 0; i < count; ++i) end_of(messages[i]).abandon(messages + i, 1);
    }

    /// The subscriptions own up to what was dropped.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return 0; }

    /// Matches all subjects, so that no message has to.
    void prepare() { BusTransport::prepare(ends_); }

   private:
    friend BusTransport;
    Publisher(std::vector<BusEnd> ends, PayloadSource payloads, std::uint64_t offset,
              bool named) noexcept
        : ends_(std::move(ends)), payloads_(payloads), offset_(offset), named_(named) {}

    BusEnd& end_of(Message& message) noexcept {
      if (ends_.size() == 1) return ends_.front();
      if (!named_) {
        const std::uint64_t subject = (message.sequence + offset_) % ends_.size();
        message.subject = static_cast<std::uint32_t>(subject);
      }
      return ends_[message.subject];
    }

    std::vector<BusEnd> ends_;  ///< One for each subject, on one lane.
    PayloadSource payloads_;
    std::uint64_t offset_;
    bool named_;
  };

  class Subscription {
   public:
    std::size_t poll(Message* messages, std::size_t count) noexcept {
      return inbox_.poll(messages, count);
    }
    std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds timeout) noexcept {
      return inbox_.poll_or_park(messages, count, timeout);
    }
    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
      return payload_of(message);
    }
    void release(const Message& message) noexcept {
      if (message.slot != nullptr) message.slot->release();
    }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return inbox_.dropped(); }

   private:
    friend BusTransport;
    explicit Subscription(typename Bus::Subscription inbox) noexcept : inbox_(std::move(inbox)) {}
    typename Bus::Subscription inbox_;
  };

  /// A responder, or a stage of a pipeline but for the last one.
  class Relay : public Subscription {
   public:
    bool try_pass_on(Message& message) noexcept { return end_of(message).try_publish(message); }
    void release(const Message& message) noexcept {
      // Those that have the message already, where others are full, keep their references.
      Message given_up = message;
      end_of(given_up).abandon(&given_up, 1);
    }
    void prepare() { BusTransport::prepare(ends_); }

   private:
    friend BusTransport;
    Relay(Subscription from, std::vector<BusEnd> ends) noexcept
        : Subscription(std::move(from)), ends_(std::move(ends)) {}
    BusEnd& end_of(const Message& message) noexcept {
      return ends_[ends_.size() == 1 ? 0 : message.producer];
    }
    std::vector<BusEnd> ends_;  ///< The next stage, or the inbox of each producer.
  };

  class Requester : public Publisher, public Subscription {
   public:
    Requester(Publisher requests, Subscription answers) noexcept
        : Publisher(std::move(requests)), Subscription(std::move(answers)) {}
    using Subscription::dropped;
  };

  [[nodiscard]] Publisher publisher(std::uint32_t index) {
    std::vector<BusEnd> ends;
    ends.reserve(subjects_.count());
    ends.push_back(bus_.publisher(subjects_.at(0)));
    while (ends.size() < subjects_.count()) {
      ends.push_back(bus_.publisher(subjects_.at(ends.size()), ends.front()));
    }
    const std::uint64_t offset = subjects_.count() / options_.producers * index;
    return Publisher(std::move(ends), pools_.add(options_.payload, payload_slots()), offset,
                     !options_.named_subjects.empty());
  }

  [[nodiscard]] Subscription subscription(std::uint32_t index) {
    if (options_.pattern == Pattern::pipeline && index != 0) {
      return Subscription(bus_.subscribe(stage(index), inbox_options()));
    }
    const bool group = options_.pattern == Pattern::queue_group ||
                       options_.pattern == Pattern::request_reply;  // one responder answers
    std::vector<std::string> families = options_.subscriptions;
    if (families.empty()) families = subjects_.wildcards();
    const std::string first = SubjectTemplate(families.front()).at(0);
    auto inbox = group ? bus_.queue_subscribe(first, options_.queue_group, inbox_options())
                       : bus_.subscribe(first, inbox_options());
    for (const std::string& text : families) {
      const SubjectTemplate family(text);
      for (std::uint64_t i = &text == &families.front() ? 1 : 0; i < family.count(); ++i) {
        inbox.add_pattern(family.at(i));
      }
    }
    return Subscription(std::move(inbox));
  }

  [[nodiscard]] Relay relay(std::uint32_t index) {
    std::vector<BusEnd> ends;
    if (options_.pattern == Pattern::pipeline) {
      ends.push_back(bus_.publisher(stage(index + 1)));
    } else {
      ends.push_back(bus_.publisher(answers(0)));
      while (ends.size() < options_.producers) {
        ends.push_back(bus_.publisher(answers(ends.size()), ends.front()));
      }
    }
    return Relay(subscription(index), std::move(ends));
  }

  [[nodiscard]] Requester requester(std::uint32_t index) {
    return Requester(publisher(index),
                     Subscription(bus_.subscribe(answers(index), inbox_options())));
  }

 private:
  static void prepare(std::vector<BusEnd>& ends) {
    for (BusEnd& end : ends) {
      if (!end.prepare()) throw std::bad_alloc();
    }
  }
  static bool relays(const TransportOptions& options) noexcept {
    return options.pattern == Pattern::pipeline || options.pattern == Pattern::request_reply;
  }
  static std::string stage(std::uint64_t index) { return "_STAGE." + std::to_string(index); }
  static std::string answers(std::uint64_t producer) {
    return "_INBOX." + std::to_string(producer);
  }

  [[nodiscard]] SubscriptionOptions inbox_options() const noexcept {
    const SlowConsumer policy = options_.on_full == OnFull::block  ? SlowConsumer::block
                                : options_.on_full == OnFull::drop ? SlowConsumer::drop_new
                                                                   : SlowConsumer::drop_old;
    return {.capacity = options_.capacity, .policy = policy, .parking = options_.parking};
  }
  /// Enough for every inbox on a message's way, what is in somebody's hand, and one batch more.
  [[nodiscard]] std::size_t payload_slots() const noexcept {
    // Subscribers that block hold the same slots; one that drops may hold old ones, all by itself.
    const bool shared = options_.pattern == Pattern::fan_out && options_.on_full == OnFull::block;
    const std::size_t inboxes =
        (shared ? 1 : options_.consumers) + (options_.pattern == Pattern::request_reply ? 1U : 0U);
    // A queue of blocks takes up to one block more than it promises; without slots for these, a
    // slow subscriber would hold up the others instead of dropping.
    constexpr std::size_t kBlock = 32;
    return (inbox_capacity_ + kBlock) * inboxes +
           std::size_t{options_.batch} * (options_.consumers + 2) + 1;
  }

  TransportOptions options_;
  SubjectList subjects_;
  std::size_t inbox_capacity_;  ///< As the queue rounds it; known where payloads need slots.
  PayloadPools pools_;          ///< Outlive the messages.
  Bus bus_;
};

}  // namespace busmark

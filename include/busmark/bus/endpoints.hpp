// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "busmark/base/wait.hpp"
#include "busmark/bus/detail/bus_core.hpp"
#include "busmark/bus/received.hpp"

namespace busmark {

enum class PublishResult : std::uint8_t {
  delivered,          ///< With every interested inbox, or dropped there by its policy.
  no_interest,        ///< Nobody has subscribed to the subject.
  full,               ///< No payload slot, or an inbox blocked longer than the publish timeout.
  payload_too_large,  ///< Above BusOptions::max_payload, or the subjects above kSubjectRoom.
  invalid_subject,    ///< See why_invalid_subject().
  no_reply_subject,   ///< The message to be answered does not ask for an answer.
};
[[nodiscard]] std::string_view to_string(PublishResult result) noexcept;

[[nodiscard]] inline std::span<const std::byte> as_payload(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

/// Sends to one subject. Belongs to the thread that uses it; so do all publishers that share its
/// lane. Warm, a message costs one acquire load, one compare, and the push into the queue.
template <template <typename> class QueueOf>
class BusPublisher {
 public:
  BusPublisher(BusPublisher&&) noexcept = default;
  BusPublisher& operator=(BusPublisher&& other) noexcept {
    // The route goes before the lane it stands on, which goes before the bus.
    route_ = std::move(other.route_);
    place_ = std::move(other.place_);
    core_ = std::move(other.core_);
    return *this;
  }

  // Bare messages: the engine's calls. Nothing is added to the message.

  /// False when an inbox with policy `block` is full: see Route for what to do then.
  bool try_publish(const Message& message) noexcept {
    return route_->push(const_cast<Message*>(&message), 1) == 1;  // Leaves it as it is.
  }
  /// Sends the first n of `count`, in order, and returns n. A slot they hold counts one reference.
  std::size_t try_publish_bulk(Message* messages, std::size_t count) noexcept {
    return route_->push(messages, count);
  }
  /// Gives up messages that were refused, and their slots.
  void abandon(Message* messages, std::size_t count) noexcept { route_->abandon(messages, count); }
  /// Matches now instead of with the next message. False when memory is short.
  bool prepare() noexcept { return route_->prepare(); }

  // Bytes: the subject travels along, in the payload slot.

  /// Waits while inboxes with policy `block` are full, at most for BusOptions::publish_timeout;
  /// those that are full still then count the message as dropped if others have it.
  PublishResult publish(std::span<const std::byte> payload, std::string_view reply = {}) {
    return publish_named(*core_, *place_, *route_, payload, reply);
  }
  PublishResult publish(std::string_view payload, std::string_view reply = {}) {
    return publish(as_payload(payload), reply);
  }

  [[nodiscard]] const std::string& subject() const noexcept { return route_->subject(); }
  /// Inboxes and groups that a message goes to, as of the last one.
  [[nodiscard]] std::uint32_t receivers() const noexcept { return route_->targets(); }
  /// Copies that slow consumers' policies discarded.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return route_->dropped(); }
  [[nodiscard]] std::uint64_t without_interest() const noexcept {
    return route_->without_interest();
  }

 private:
  template <template <typename> class>
  friend class EventBus;
  using Core = BusCore<QueueOf>;
  using Place = typename Core::Place;

  BusPublisher(std::shared_ptr<Core> core, std::shared_ptr<Place> place, std::string_view subject)
      : core_(std::move(core)),
        place_(std::move(place)),
        route_(std::make_unique<Route<QueueOf>>(place_->lane, subject)) {}

  static PublishResult publish_named(Core& core, Place& place, Route<QueueOf>& route,
                                     std::span<const std::byte> payload, std::string_view reply) {
    if (payload.size() > core.options.max_payload ||
        route.subject().size() + reply.size() > kSubjectRoom) {
      return PublishResult::payload_too_large;
    }
    if (route.prepare() && route.targets() == 0) return PublishResult::no_interest;
    Message message;
    message.slot = core.pool(place).acquire(1);
    if (message.slot == nullptr) return PublishResult::full;
    message.producer = static_cast<std::uint16_t>(place.lane.index());
    message.subject = kSubjectInSlot;
    message.size = static_cast<std::uint32_t>(payload.size());
    write(message.slot->data(), route.subject(), reply, payload);
    if (route.push(&message, 1) == 1) return PublishResult::delivered;
    const auto deadline = std::chrono::steady_clock::now() + core.options.publish_timeout;
    do {
      idle(WaitStrategy::yield);
      if (route.push(&message, 1) == 1) return PublishResult::delivered;
    } while (std::chrono::steady_clock::now() < deadline);
    route.abandon(&message, 1);
    return PublishResult::full;
  }

  static void write(std::byte* out, std::string_view subject, std::string_view reply,
                    std::span<const std::byte> payload) noexcept {
    const SlotHeader header{static_cast<std::uint32_t>(subject.size()),
                            static_cast<std::uint32_t>(reply.size())};
    std::memcpy(out, &header, sizeof header);
    out += sizeof header;
    std::memcpy(out, subject.data(), subject.size());
    out += subject.size();
    if (!reply.empty()) std::memcpy(out, reply.data(), reply.size());
    out += reply.size();
    if (!payload.empty()) std::memcpy(out, payload.data(), payload.size());
  }

  std::shared_ptr<Core> core_;
  std::shared_ptr<Place> place_;  ///< The lane; its last publisher gives it back.
  std::unique_ptr<Route<QueueOf>> route_;
};

/// Receives what matches one pattern; unsubscribes when it goes. Belongs to one thread.
template <template <typename> class QueueOf>
class BusSubscription {
 public:
  BusSubscription(BusSubscription&&) noexcept = default;
  BusSubscription& operator=(BusSubscription&& other) noexcept {
    if (this != &other) {
      unsubscribe();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~BusSubscription() { unsubscribe(); }

  /// Takes up to `count` messages; 0 when there are none now. Whoever takes a message releases its
  /// slot, if it has one.
  std::size_t poll(Message* messages, std::size_t count) noexcept {
    if (count == 1) return state_->consumer.try_pop(*messages) ? 1 : 0;
    return state_->consumer.try_pop_bulk(messages, count);
  }
  /// The same, but sleeps until one may have come or the time is over; may return 0. Needs
  /// SubscriptionOptions::parking.
  std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds timeout) noexcept {
    return state_->inbox->arrivals.look_or_wait([&] { return poll(messages, count); }, timeout);
  }

  /// Leads another pattern to the same inbox, in the same queue group if there is one. A message
  /// that two of its patterns match comes twice, as it would to two subscriptions. Throws
  /// SetupError when the pattern is invalid; leading it there twice is the caller's mistake.
  void add_pattern(std::string_view pattern) {
    state_->patterns.emplace_back(pattern);
    try {
      state_->core->insert(pattern, state_->group, *state_->inbox);
    } catch (...) {
      state_->patterns.pop_back();
      throw;
    }
  }

  /// The next message, if there is one.
  [[nodiscard]] std::optional<Received> receive() noexcept {
    Message message;
    if (poll(&message, 1) == 0) return std::nullopt;
    return Received(message);
  }
  /// Waits for the next message at most so long.
  [[nodiscard]] std::optional<Received> receive(Nanoseconds timeout) noexcept {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (true) {
      if (std::optional<Received> received = receive()) return received;
      const Nanoseconds left = deadline - std::chrono::steady_clock::now();
      if (left <= Nanoseconds::zero()) return std::nullopt;
      if (!state_->inbox->parking) {
        idle(WaitStrategy::yield);
        continue;
      }
      Message message;
      if (poll_or_park(&message, 1, left) == 1) return Received(message);
    }
  }

  /// Messages that the policy discarded.
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return state_->inbox->dropped.load(std::memory_order_relaxed);
  }
  /// The first of its patterns.
  [[nodiscard]] const std::string& pattern() const noexcept { return state_->patterns.front(); }
  [[nodiscard]] const std::string& group() const noexcept { return state_->group; }
  [[nodiscard]] bool subscribed() const noexcept { return state_ != nullptr; }

  /// Ends the interest and discards what waits. Publishers that run beside it may still be
  /// delivering one last call. Nothing else may be called afterwards.
  void unsubscribe() noexcept {
    if (state_ == nullptr) return;
    for (const std::string& pattern : state_->patterns) {
      state_->core->remove(pattern, state_->group, *state_->inbox);
    }
    state_->inbox->drain(state_->consumer);
    state_.reset();
  }

 private:
  template <template <typename> class>
  friend class EventBus;
  using Core = BusCore<QueueOf>;

  struct State {
    State(std::shared_ptr<Core> owner, std::string_view pattern, std::string_view its_group,
          Inbox<QueueOf>& its_inbox)
        : core(std::move(owner)),
          patterns{std::string(pattern)},
          group(its_group),
          inbox(&its_inbox),
          consumer(its_inbox.channel.consumer()) {}
    std::shared_ptr<Core> core;
    std::vector<std::string> patterns;
    std::string group;
    struct Drop {
      void operator()(Inbox<QueueOf>* held) const noexcept { held->drop_reference(); }
    };
    std::unique_ptr<Inbox<QueueOf>, Drop> inbox;
    typename Inbox<QueueOf>::Channel::Consumer consumer;  ///< After the inbox: goes first.
  };

  explicit BusSubscription(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}

  std::unique_ptr<State> state_;
};

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "busmark/bus/endpoints.hpp"
#include "busmark/bus/subject.hpp"

namespace busmark {

/// NATS-style subjects inside the process, without a server and without a lock on the way of a
/// message: `EventBus<MpmcRing>`, `EventBus<SpscRing>`, `EventBus<MoodycamelQueue>`.
///
/// A message reaches every plain subscription whose pattern matches its subject and one member of
/// every matching queue group, in order per publisher. Subscribing and unsubscribing never stop a
/// publisher. With a queue of one producer (SpscRing) every inbox has one queue per publisher.
///
/// Every call may come from any thread; the endpoints it returns belong to one thread each. Handles
/// keep the bus alive; messages that were taken out (`Received`, Message::slot) do not.
template <template <typename> class QueueOf>
class EventBus {
  using Core = BusCore<QueueOf>;
  using Place = typename Core::Place;

 public:
  using Publisher = BusPublisher<QueueOf>;
  using Subscription = BusSubscription<QueueOf>;

  struct Reply {
    PublishResult status = PublishResult::no_interest;  ///< Of the request.
    std::optional<Received> message;                    ///< Empty when nobody answered in time.

    /// As NATS says it: nobody has subscribed to the subject of the request.
    [[nodiscard]] bool no_responders() const noexcept {
      return status == PublishResult::no_interest;
    }
    [[nodiscard]] bool timed_out() const noexcept {
      return status == PublishResult::delivered && !message.has_value();
    }
  };

  /// Throws SetupError when an option is 0.
  explicit EventBus(const BusOptions& options = {}) : core_(std::make_shared<Core>(options)) {}

  /// An endpoint with a lane of its own. Throws SetupError when the subject is invalid or all
  /// BusOptions::max_publishers are taken.
  [[nodiscard]] Publisher publisher(std::string_view subject) {
    check(subject);
    // The deleter keeps the core, as the endpoint's members go in no order we could rely on.
    std::shared_ptr<Place> place(&core_->take_place(),
                                 [core = core_](Place* taken) { core->give_back(*taken); });
    return ready(Publisher(core_, std::move(place), subject));
  }
  /// An endpoint for another subject on the lane, and so the thread, of `neighbour`.
  [[nodiscard]] Publisher publisher(std::string_view subject, const Publisher& neighbour) {
    check(subject);
    return ready(Publisher(core_, neighbour.place_, subject));
  }

  /// Throws SetupError with the reason and the offending token when the pattern is invalid, and
  /// when the queue cannot do what the options ask.
  [[nodiscard]] Subscription subscribe(std::string_view pattern,
                                       const SubscriptionOptions& options = {}) {
    return subscribe_as(core_, pattern, {}, options);
  }
  /// Members of a group of the same name share its messages. The name must be one valid token.
  [[nodiscard]] Subscription queue_subscribe(std::string_view pattern, std::string_view group,
                                             const SubscriptionOptions& options = {}) {
    if (!valid_subject(group)) {
      throw SetupError("cannot subscribe to a queue group: " + why_invalid_subject(group));
    }
    return subscribe_as(core_, pattern, group, options);
  }
  void unsubscribe(Subscription& subscription) noexcept { subscription.unsubscribe(); }

  /// Sends from the calling thread, on a lane that it keeps until it ends; an endpoint is cheaper.
  /// Throws SetupError when there is no lane left.
  PublishResult publish(std::string_view subject, std::span<const std::byte> payload,
                        std::string_view reply = {}) {
    if (!valid_subject(subject) || !(reply.empty() || valid_subject(reply))) {
      return PublishResult::invalid_subject;
    }
    Place& place = thread_place();
    return Publisher::publish_named(*core_, place, place.route(subject), payload, reply);
  }
  PublishResult publish(std::string_view subject, std::string_view payload,
                        std::string_view reply = {}) {
    return publish(subject, as_payload(payload), reply);
  }

  /// Sends a request and waits for the first answer, at most for `timeout`.
  [[nodiscard]] Reply request(std::string_view subject, std::span<const std::byte> payload,
                              Nanoseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    Place& place = thread_place();
    Subscription& replies = replies_of(place);
    // The last token tells the answer from those to earlier requests that come too late.
    const std::string reply = reply_prefix(place) + std::to_string(++place.requests);
    Reply result;
    result.status = publish(subject, payload, reply);
    if (result.status != PublishResult::delivered) return result;
    while (true) {
      const Nanoseconds left = deadline - std::chrono::steady_clock::now();
      result.message = replies.receive(std::max(left, Nanoseconds::zero()));
      if (!result.message || result.message->subject() == reply) return result;
    }
  }
  [[nodiscard]] Reply request(std::string_view subject, std::string_view payload,
                              Nanoseconds timeout) {
    return request(subject, as_payload(payload), timeout);
  }
  /// Answers a request: `no_reply_subject` when it was none, `no_interest` when the requester has
  /// given up.
  PublishResult respond(const Received& request, std::span<const std::byte> payload) {
    if (request.reply_subject().empty()) return PublishResult::no_reply_subject;
    return publish(request.reply_subject(), payload);
  }
  PublishResult respond(const Received& request, std::string_view payload) {
    return respond(request, as_payload(payload));
  }

  /// Subscriptions there are now.
  [[nodiscard]] std::size_t subscription_count() const {
    const std::scoped_lock lock(core_->mutex);
    return core_->tree.count();
  }
  /// Bytes of the interest, without inboxes and the allocator's rounding.
  [[nodiscard]] std::size_t interest_bytes() const {
    const std::scoped_lock lock(core_->mutex);
    return core_->tree.bytes();
  }
  /// Unlinked parts of the interest that a publisher could still see when they were last looked at;
  /// the next subscribe or unsubscribe frees them.
  [[nodiscard]] std::size_t waiting_to_be_freed() const {
    const std::scoped_lock lock(core_->mutex);
    return core_->tree.waiting_to_be_freed();
  }

 private:
  /// The lanes of one thread at all the buses it publishes to by name.
  class ThreadPlaces {
   public:
    struct Held {
      std::uint64_t bus;
      std::weak_ptr<Core> core;
      Place* place;
    };
    ThreadPlaces() = default;
    ThreadPlaces(const ThreadPlaces&) = delete;
    ThreadPlaces& operator=(const ThreadPlaces&) = delete;
    ~ThreadPlaces() {
      for (const Held& one : held) {
        if (const std::shared_ptr<Core> core = one.core.lock()) core->give_back(*one.place);
      }
    }
    std::vector<Held> held;
  };

  static void check(std::string_view subject) {
    if (!valid_subject(subject)) {
      throw SetupError("cannot publish: " + why_invalid_subject(subject));
    }
  }
  static Publisher ready(Publisher publisher) {
    publisher.prepare();
    return publisher;
  }

  Place& thread_place() {
    thread_local ThreadPlaces places;
    for (const auto& one : places.held) {
      if (one.bus == core_->id) return *one.place;
    }
    std::erase_if(places.held, [](const auto& one) { return one.core.expired(); });
    places.held.reserve(places.held.size() + 1);
    places.held.push_back({core_->id, core_, &core_->take_place()});
    return *places.held.back().place;
  }

  static std::string reply_prefix(const Place& place) {
    return "_INBOX." + std::to_string(place.lane.index()) + '.';
  }
  /// One subscription for all answers to this lane, so that requests do not change the interest.
  Subscription& replies_of(Place& place) {
    if (place.replies == nullptr) {
      // Without ownership: the place belongs to the core.
      const std::shared_ptr<Core> core(std::shared_ptr<Core>(), core_.get());
      place.replies = std::make_shared<Subscription>(
          subscribe_as(core, reply_prefix(place) + '*', {}, {.capacity = 64, .parking = true}));
    }
    return *static_cast<Subscription*>(place.replies.get());
  }

  static Subscription subscribe_as(std::shared_ptr<Core> core, std::string_view pattern,
                                   std::string_view group, const SubscriptionOptions& options) {
    using State = typename Subscription::State;
    Core& bus = *core;
    Inbox<QueueOf>* inbox = bus.add(pattern, group, options);
    try {
      return Subscription(std::make_unique<State>(std::move(core), pattern, group, *inbox));
    } catch (...) {
      bus.remove(pattern, group, *inbox);
      inbox->drop_reference();
      throw;
    }
  }

  std::shared_ptr<Core> core_;
};

}  // namespace busmark

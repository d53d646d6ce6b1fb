// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "busmark/base/error.hpp"
#include "busmark/base/units.hpp"
#include "busmark/bus/detail/route.hpp"
#include "busmark/bus/payload_pool.hpp"
#include "busmark/bus/received.hpp"
#include "busmark/bus/subject_tree.hpp"

namespace busmark {

/// Bytes that a payload slot has for the subject and the reply subject.
inline constexpr std::size_t kSubjectRoom = 512;

struct BusOptions {
  /// Lanes in use at the same time: publishers made by `publisher(subject)`, and threads that call
  /// `publish` or `request` on the bus itself. Some queues set memory aside for each of them.
  /// At most 65536.
  std::uint32_t max_publishers = 16;
  std::size_t max_payload = 4096;    ///< Bytes; a larger one is refused.
  std::size_t payload_slots = 2048;  ///< Payloads of one lane that may be on their way.
  Nanoseconds publish_timeout = std::chrono::seconds(1);  ///< Wait for inboxes that block.
};

/// What the handles of one bus share; it lives as long as the last of them.
template <template <typename> class QueueOf>
class BusCore {
 public:
  using BusInbox = Inbox<QueueOf>;
  using BusRoute = Route<QueueOf>;

  /// A lane and what the friendly calls need on top.
  struct Place {
    Place(SubjectTree& tree, std::uint32_t index) : lane(tree, index) {}
    Lane<QueueOf> lane;
    bool taken = false;
    std::uint64_t requests = 0;
    std::shared_ptr<void> replies;      ///< The subscription that answers to requests come to.
    std::unique_ptr<PayloadPool> pool;  ///< Made with the first payload; kept for the next tenant.
    /// Routes of subjects published to by name, at the place their hash says.
    std::array<std::unique_ptr<BusRoute>, 256> routes;

    /// May throw std::bad_alloc.
    [[nodiscard]] BusRoute& route(std::string_view subject) {
      auto& cached = routes[std::hash<std::string_view>{}(subject) % routes.size()];
      if (cached == nullptr || cached->subject() != subject) {
        cached = std::make_unique<BusRoute>(lane, subject);
      }
      return *cached;
    }
  };

  explicit BusCore(const BusOptions& bus_options) : options(bus_options), tree(lanes(options)) {
    places.reserve(options.max_publishers);
    for (std::uint32_t i = 0; i < options.max_publishers; ++i) {
      places.push_back(std::make_unique<Place>(tree, i));
    }
  }
  BusCore(const BusCore&) = delete;
  BusCore& operator=(const BusCore&) = delete;
  ~BusCore() {
    for (const auto& place : places) vacate(*place);
  }

  /// Throws SetupError when all lanes are taken.
  [[nodiscard]] Place& take_place() {
    const std::scoped_lock lock(mutex);
    for (const auto& place : places) {
      if (!std::exchange(place->taken, true)) return *place;
    }
    throw SetupError("all " + std::to_string(options.max_publishers) +
                     " publishers of this bus are taken: raise BusOptions::max_publishers");
  }
  void give_back(Place& place) noexcept {
    vacate(place);
    const std::scoped_lock lock(mutex);
    place.taken = false;
  }
  [[nodiscard]] PayloadPool& pool(Place& place) const {
    if (place.pool == nullptr) {
      place.pool = std::make_unique<PayloadPool>(
          sizeof(SlotHeader) + kSubjectRoom + options.max_payload, options.payload_slots);
    }
    return *place.pool;
  }

  [[nodiscard]] BusInbox* add(std::string_view pattern, std::string_view group,
                              const SubscriptionOptions& subscription) {
    if (subscription.policy == SlowConsumer::drop_old && !BusInbox::kCanDropOld) {
      throw SetupError(std::string("policy drop_old does not work with queue ") +
                       std::string(BusInbox::MessageQueue::kInfo.name) +
                       ", which allows one consumer: use drop_new or block");
    }
    std::uint64_t unique_id = 0;
    {
      const std::scoped_lock lock(mutex);
      unique_id = ++subscriptions_made;
    }
    auto* inbox = new BusInbox(unique_id, subscription, options.max_publishers);
    try {
      insert(pattern, group, *inbox);
    } catch (...) {
      inbox->drop_reference();
      throw;
    }
    return inbox;
  }
  /// One more pattern that leads to `inbox`. The caller holds a reference to it.
  void insert(std::string_view pattern, std::string_view group, BusInbox& inbox) {
    const std::scoped_lock lock(mutex);
    tree.insert(pattern, group, inbox);
    inbox.add_reference();  // The tree's; no publisher drops one while the caller holds one.
  }
  void remove(std::string_view pattern, std::string_view group, BusInbox& inbox) {
    const std::scoped_lock lock(mutex);
    tree.remove(pattern, group, inbox, [](void* object) noexcept {
      static_cast<BusInbox*>(static_cast<Subscriber*>(object))->drop_reference();
    });
    // Release pairs with the acquire in Route::overflow.
    inbox.closed.store(true, std::memory_order_release);
  }

  const BusOptions options;
  const std::uint64_t id = ++buses_made;  ///< Tells this bus from one that lived at its address.
  std::mutex mutex;                       ///< For everything but publishing and receiving.
  std::uint64_t subscriptions_made = 0;
  /// Before `tree`, so that the inboxes in it go before the pools that their messages lie in.
  std::vector<std::unique_ptr<Place>> places;
  SubjectTree tree;

 private:
  static void vacate(Place& place) noexcept {
    place.routes = {};
    place.replies.reset();
  }
  static std::uint32_t lanes(const BusOptions& options) {
    if (options.max_publishers == 0 || options.max_payload == 0 || options.payload_slots == 0) {
      throw SetupError("a bus needs at least 1 publisher, 1 payload byte and 1 payload slot");
    }
    constexpr std::uint32_t kMost = 1U << 16;  // a message names its publisher in 16 bits
    if (options.max_publishers > kMost) {
      throw SetupError("a bus serves at most " + std::to_string(kMost) + " publishers");
    }
    return options.max_publishers;
  }
  static inline std::atomic<std::uint64_t> buses_made{0};
};

}  // namespace busmark

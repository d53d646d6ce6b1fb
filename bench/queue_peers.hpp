// SPDX-License-Identifier: Apache-2.0
// Queues of others behind the concept `Queue`, as far as their headers are installed. Bulk calls
// are loops where the peer has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <tuple>
#include <utility>

#include "busmark/queue/queue.hpp"

#if __has_include(<readerwriterqueue.h>)
#include <readerwriterqueue.h>
#define BUSMARK_READERWRITERQUEUE 1
#endif
#if __has_include(<boost/lockfree/spsc_queue.hpp>)
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#define BUSMARK_LOCKFREE 1
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
#include <atomic_queue/atomic_queue.h>
#define BUSMARK_ATOMIC_QUEUE 1
#endif
#if defined(BUSMARK_TBB)  // by the build, which links its library
#include <oneapi/tbb/concurrent_queue.h>
#endif

namespace busmark::peers {

/// What all adapters have in common. `Calls` gives the peer's type for an item and its two calls.
template <typename T, typename Calls>
class Adapter {
  using Peer = typename Calls::template Peer<T>;

 public:
  using value_type = T;
  static constexpr QueueInfo kInfo = Calls::kInfo;

  explicit Adapter(std::size_t capacity, std::uint32_t /*producers*/ = 1)
      : capacity_(capacity), peer_(Calls::template make<T>(capacity)) {}

  struct Producer {
    bool try_push(T&& item) noexcept { return Calls::push(*peer, item); }
    std::size_t try_push_bulk(T* items, std::size_t count) noexcept {
      std::size_t pushed = 0;
      while (pushed < count && Calls::push(*peer, items[pushed])) ++pushed;
      return pushed;
    }
    Peer* peer;
  };
  struct Consumer {
    bool try_pop(T& item) noexcept { return Calls::pop(*peer, item); }
    std::size_t try_pop_bulk(T* items, std::size_t count) noexcept {
      std::size_t popped = 0;
      while (popped < count && Calls::pop(*peer, items[popped])) ++popped;
      return popped;
    }
    Peer* peer;
  };
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] Producer producer() noexcept { return {&peer_}; }
  [[nodiscard]] Consumer consumer() noexcept { return {&peer_}; }

 private:
  std::size_t capacity_;
  Peer peer_;
};

#if defined(BUSMARK_READERWRITERQUEUE)
struct ReaderWriterCalls {
  template <typename T>
  using Peer = moodycamel::ReaderWriterQueue<T>;
  static constexpr QueueInfo kInfo{.name = "readerwriterqueue",
                                   .summary = "moodycamel::ReaderWriterQueue, try_enqueue",
                                   .max_producers = 1,
                                   .max_consumers = 1};
  template <typename T>
  static Peer<T> make(std::size_t capacity) {
    return Peer<T>(capacity);
  }
  static bool push(auto& peer, const auto& item) noexcept { return peer.try_enqueue(item); }
  static bool pop(auto& peer, auto& item) noexcept { return peer.try_dequeue(item); }
};
#endif

#if defined(BUSMARK_LOCKFREE)
struct BoostSpscCalls {
  template <typename T>
  using Peer = boost::lockfree::spsc_queue<T>;
  static constexpr QueueInfo kInfo{.name = "boost spsc_queue",
                                   .summary = "boost::lockfree::spsc_queue",
                                   .max_producers = 1,
                                   .max_consumers = 1};
  template <typename T>
  static Peer<T> make(std::size_t capacity) {
    return Peer<T>(capacity);
  }
  static bool push(auto& peer, const auto& item) noexcept { return peer.push(item); }
  static bool pop(auto& peer, auto& item) noexcept { return peer.pop(item); }
};
struct BoostQueueCalls {
  template <typename T>
  using Peer = boost::lockfree::queue<T>;
  static constexpr QueueInfo kInfo{.name = "boost queue",
                                   .summary = "boost::lockfree::queue, bounded_push"};
  template <typename T>
  static Peer<T> make(std::size_t capacity) {
    return Peer<T>(capacity);
  }
  static bool push(auto& peer, const auto& item) noexcept { return peer.bounded_push(item); }
  static bool pop(auto& peer, auto& item) noexcept { return peer.pop(item); }
};
#endif

#if defined(BUSMARK_ATOMIC_QUEUE)
template <bool kSpsc>
struct AtomicQueueCalls {
  /// AtomicQueueB2: any item, size at run time; busy waiting as its benchmarks have it.
  template <typename T>
  using Peer = atomic_queue::AtomicQueueB2<T, std::allocator<T>, true, false, kSpsc>;
  static constexpr QueueInfo kInfo{.name = kSpsc ? "atomic_queue spsc" : "atomic_queue",
                                   .summary = "atomic_queue::AtomicQueueB2, try_push",
                                   .max_producers = kSpsc ? 1U : 0U,
                                   .max_consumers = kSpsc ? 1U : 0U};
  template <typename T>
  static Peer<T> make(std::size_t capacity) {
    return Peer<T>(static_cast<unsigned>(capacity));
  }
  static bool push(auto& peer, const auto& item) noexcept { return peer.try_push(item); }
  static bool pop(auto& peer, auto& item) noexcept { return peer.try_pop(item); }
};
#endif

#if defined(BUSMARK_TBB)
struct TbbCalls {
  template <typename T>
  using Peer = tbb::concurrent_bounded_queue<T>;
  static constexpr QueueInfo kInfo{.name = "tbb bounded",
                                   .summary = "tbb::concurrent_bounded_queue, try_push"};
  template <typename T>
  static Peer<T> make(std::size_t capacity) {
    Peer<T> peer;
    peer.set_capacity(static_cast<std::ptrdiff_t>(capacity));
    return peer;
  }
  static bool push(auto& peer, const auto& item) noexcept { return peer.try_push(item); }
  static bool pop(auto& peer, auto& item) noexcept { return peer.try_pop(item); }
};
#endif

template <typename T>
using All = decltype(std::tuple_cat(
#if defined(BUSMARK_READERWRITERQUEUE)
    std::declval<std::tuple<Adapter<T, ReaderWriterCalls>>>(),
#endif
#if defined(BUSMARK_LOCKFREE)
    std::declval<std::tuple<Adapter<T, BoostSpscCalls>, Adapter<T, BoostQueueCalls>>>(),
#endif
#if defined(BUSMARK_ATOMIC_QUEUE)
    std::declval<
        std::tuple<Adapter<T, AtomicQueueCalls<true>>, Adapter<T, AtomicQueueCalls<false>>>>(),
#endif
#if defined(BUSMARK_TBB)
    std::declval<std::tuple<Adapter<T, TbbCalls>>>(),
#endif
    std::tuple<>()));

}  // namespace busmark::peers

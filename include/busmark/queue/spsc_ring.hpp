// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "busmark/queue/detail/line_ring.hpp"
#include "busmark/queue/detail/run_ring.hpp"
#include "busmark/queue/queue.hpp"

namespace busmark {

namespace detail {
/// Items up to this size share a cache line with others and their count.
inline constexpr std::size_t kSharedLineItem = (kCacheLine - sizeof(std::uint32_t)) / 2;
template <typename T>
using SpscLayout = std::conditional_t<sizeof(T) <= kSharedLineItem, LineRing<T>, RunRing<T>>;
}  // namespace detail

/// Ring for one producer thread and one consumer thread, wait-free on both sides. What says that an
/// item is there stands in the item's own cache line, so a hop costs one line: several small items
/// share one with their count, larger ones have a line each with a mark (docs/decisions/0017).
template <typename T>
class SpscRing : public detail::SpscLayout<T> {
  static_assert(kIsQueueItem<T>);

 public:
  using value_type = T;
  static constexpr QueueInfo kInfo{
      .name = "spsc",
      .summary = "own ring for one producer and one consumer, one cache line per hop",
      .max_producers = 1,
      .max_consumers = 1};

  /// Holds the next power of two from `least_capacity` on. Throws SetupError when that is 0 or
  /// absurd.
  explicit SpscRing(std::size_t least_capacity, std::uint32_t /*producers*/ = 1)
      : detail::SpscLayout<T>(least_capacity) {}
};

static_assert(Queue<SpscRing<int>>);

}  // namespace busmark

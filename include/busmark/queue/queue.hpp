// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace busmark {

/// What a queue can serve. A limit of 0 means any number of threads.
struct QueueInfo {
  std::string_view name;     ///< As in `queue/<name>`.
  std::string_view summary;  ///< One line for `busmark list`.
  std::uint32_t max_producers = 0;
  std::uint32_t max_consumers = 0;
};

/// What a queue can carry: slots are constructed once, with the queue, and items are moved in and
/// out of them by assignment.
template <typename T>
inline constexpr bool kIsQueueItem =
    std::conjunction_v<std::is_nothrow_default_constructible<T>,
                       std::is_nothrow_move_constructible<T>, std::is_nothrow_move_assignable<T>>;

// clang-format 14 does not know `noexcept` in a requirement.
// clang-format off

/// A bounded point-to-point channel. Endpoints are made by, and belong to, the thread that uses
/// them (tokens and cached indices live there). They must not outlive the queue.
///
/// Contract, held by tests/queue/conformance_test.cpp: first in first out per producer; a producer
/// alone gets at least `capacity()` items in, and `try_push` refuses, with the item unchanged, at a
/// fixed bound at or above that; nothing is lost, nothing comes twice; items may be move-only; all
/// memory is allocated and touched by the constructor; no endpoint's operation allocates, locks
/// (but `mutex`) or throws. Items still inside are destroyed with the queue.
template <typename Q>
concept Queue = requires(Q queue, const Q& const_queue, typename Q::Producer& producer,
                         typename Q::Consumer& consumer, typename Q::value_type item,
                         typename Q::value_type* items, std::size_t count) {
  requires std::same_as<decltype(Q::kInfo), const QueueInfo>;
  /// Least capacity in items; the most producers alive at once, 1 when not given.
  /// Throws SetupError.
  requires std::constructible_from<Q, std::size_t>;
  requires std::constructible_from<Q, std::size_t, std::uint32_t>;
  { const_queue.capacity() } noexcept -> std::same_as<std::size_t>;
  { queue.producer() } -> std::same_as<typename Q::Producer>;
  { queue.consumer() } -> std::same_as<typename Q::Consumer>;
  /// False when full; the item is then left as it was.
  { producer.try_push(std::move(item)) } noexcept -> std::same_as<bool>;
  /// Moves the first n of `count` items in, in order; returns n, which is 0 when full.
  { producer.try_push_bulk(items, count) } noexcept -> std::same_as<std::size_t>;
  /// False when empty.
  { consumer.try_pop(item) } noexcept -> std::same_as<bool>;
  /// Moves up to `count` items out; returns how many.
  { consumer.try_pop_bulk(items, count) } noexcept -> std::same_as<std::size_t>;
};
// clang-format on

}  // namespace busmark

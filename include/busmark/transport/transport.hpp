// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "busmark/bus/message.hpp"
#include "busmark/bus/payload_pattern.hpp"
#include "busmark/core/units.hpp"

namespace busmark {

/// What a transport is and can serve. A limit of 0 means any number of threads.
struct TransportInfo {
  std::string_view name;     ///< As in a scenario: `queue/spsc`.
  std::string_view summary;  ///< One line for `busmark list`.
  std::uint32_t max_producers = 0;
  std::uint32_t max_consumers = 0;
  bool lossless = true;  ///< A message that was accepted must arrive: loss makes a run invalid.
};

struct SyntheticProgram;

/// What a scenario asks of a transport.
struct TransportOptions {
  std::uint32_t producers = 1;
  std::uint32_t consumers = 1;
  std::size_t capacity = 4096;  ///< Messages; a transport may round it up.
  std::uint32_t payload = 0;    ///< Bytes of every message.
  std::uint32_t batch = 1;      ///< Most messages per publish and per poll.
  bool parking = false;         ///< Consumers sleep in poll_or_park and must be woken.
  std::uint64_t seed = 1;       ///< For transports that draw random numbers.
  const SyntheticProgram* synthetic = nullptr;  ///< For the self-test's transport alone.
};

// clang-format 14 does not know compound requirements.
// clang-format off

/// Sends messages; made on the producer's thread, used by it alone.
///
/// The worker fills in every field but the payload; the transport writes the payload where it
/// belongs. A refused message may hold a payload slot: it is either tried again or abandoned.
template <typename P>
concept Publisher = requires(P publisher, Message& message, Message* messages, std::size_t count,
                             const PayloadPattern& payload) {
  /// False when full.
  { publisher.try_publish(message, payload) } noexcept -> std::same_as<bool>;
  /// Sends the first n of `count` in order; returns n.
  { publisher.try_publish_bulk(messages, count, payload) } noexcept -> std::same_as<std::size_t>;
  /// Gives back what refused messages hold.
  { publisher.abandon(messages, count) } noexcept;
  /// Messages that were accepted and then discarded by the transport's own policy.
  { publisher.dropped() } noexcept -> std::same_as<std::uint64_t>;
};

/// Receives messages; made on the consumer's thread, used by it alone.
template <typename S>
concept Subscription = requires(S subscription, Message* messages, std::size_t count,
                                const Message& message, Nanoseconds timeout) {
  /// Takes up to `count` messages; 0 when there are none now.
  { subscription.poll(messages, count) } noexcept -> std::same_as<std::size_t>;
  /// Bytes of a polled message, valid until it is released.
  { subscription.payload(message) } noexcept -> std::same_as<std::span<const std::byte>>;
  /// Gives the payload back. Every polled message is released once.
  { subscription.release(message) } noexcept;
  /// The same, but sleeps when there are none until one may have come or the time is over; may
  /// return 0. Only with TransportOptions::parking.
  { subscription.poll_or_park(messages, count, timeout) } noexcept -> std::same_as<std::size_t>;
};

/// Carries messages from publishers to subscriptions. Knows no clock (but for SyntheticTransport),
/// histogram or scenario.
/// Construction and endpoints may throw SetupError; from then on nothing allocates or throws.
/// `publisher` and `subscription` may be called from many threads at once, once per index.
template <typename T>
concept Transport = std::constructible_from<T, const TransportOptions&> &&
                    requires(T transport, std::uint32_t index) {
                      requires std::same_as<decltype(T::kInfo), const TransportInfo>;
                      { transport.publisher(index) } -> Publisher;
                      { transport.subscription(index) } -> Subscription;
                    };
// clang-format on

}  // namespace busmark

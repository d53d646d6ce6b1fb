// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/bus/message.hpp"
#include "busmark/bus/payload_pattern.hpp"

#include "record/fault.hpp"
#include "record/load.hpp"
#include "record/pattern.hpp"

namespace busmark {

/// What a transport is and can serve. A limit of 0 means any number of threads.
struct TransportInfo {
  std::string_view name;     ///< As in a scenario: `queue/spsc`.
  std::string_view summary;  ///< One line for `busmark list`.
  std::uint32_t max_producers = 0;
  std::uint32_t max_consumers = 0;
  std::uint32_t min_payload = 0;          ///< Bytes.
  std::uint32_t min_checked_payload = 0;  ///< The same where payloads are checked.
  std::uint32_t max_payload = 0;          ///< Bytes; 0 is any.
  bool one_payload = false;               ///< All messages of a run must have one size.
  bool lossless = true;  ///< A message that was accepted must arrive: loss makes a run invalid.
  /// One shared queue gives each message to whichever consumer comes first.
  PatternSet patterns{Pattern::one_way, Pattern::fan_in, Pattern::queue_group};
  bool subjects = false;        ///< Messages have subjects, subscriptions patterns of them.
  bool named_subjects = false;  ///< Serves TransportOptions::named_subjects.
  bool drops_old = false;       ///< Serves OnFull::drop_old.
  bool operation = false;       ///< Carries nothing: one step of a message's way, repeated.
  bool server = false;          ///< Another process carries the messages and wants a core.
  FaultSet faults{};            ///< What it can break on purpose; see `begin_fault` below.
};

/// Where the server of a transport runs.
enum class ServerPlace : std::uint8_t {
  ours,       ///< We start it, on cores of our choice.
  here,       ///< On this machine, and it is not ours to move.
  elsewhere,  ///< On another machine.
};

struct NatsOptions;
struct Plugin;
struct SyntheticProgram;

/// What a scenario asks of a transport.
struct TransportOptions {
  std::uint32_t producers = 1;
  std::uint32_t consumers = 1;
  std::size_t capacity = 4096;  ///< Messages; a transport may round it up.
  std::uint32_t payload = 0;    ///< Bytes of the largest message.
  std::uint32_t batch = 1;      ///< Most messages per publish and per poll.
  bool parking = false;         ///< Consumers sleep in poll_or_park and must be woken.
  std::int64_t epoch = 0;       ///< Ticks: near to all times of the run, for short forms of them.
  Pattern pattern = Pattern::one_way;
  OnFull on_full = OnFull::block;
  std::string subjects = "busmark.0";  ///< A SubjectTemplate; producers send to them in turn.
  /// Instead of these: SubjectTemplates whose members, counted through, each message names by its
  /// `subject` itself. Empty: none.
  std::vector<std::string> named_subjects{};
  /// SubjectTemplates of what every consumer subscribes to; empty: what matches the subjects.
  std::vector<std::string> subscriptions{};
  std::string queue_group = "busmark";          ///< Of Pattern::queue_group.
  std::uint64_t seed = 1;                       ///< For transports that draw random numbers.
  FaultKind fault = FaultKind::none;            ///< What will be broken; be prepared.
  const SyntheticProgram* synthetic = nullptr;  ///< For `synthetic` alone. Not owned.
  const NatsOptions* nats = nullptr;            ///< For nats/...; null: all defaults. Not owned.
  const Plugin* plugin = nullptr;               ///< For plugin/... alone. Not owned.

  /// Templates of all that producers send to.
  [[nodiscard]] std::vector<std::string> all_subjects() const {
    return named_subjects.empty() ? std::vector{subjects} : named_subjects;
  }
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

/// A consumer that passes every message on: to the next stage of a pipeline, or as the answer back
/// to who asked.
template <typename R>
concept Relay = Subscription<R> && requires(R relay, Message& message) {
  /// Sends a polled message on with its payload, which is then released. False when full: the
  /// message is tried again or released.
  { relay.try_pass_on(message) } noexcept -> std::same_as<bool>;
};

/// A producer that receives the answers to its own messages.
template <typename R>
concept Requester = Publisher<R> && Subscription<R>;

/// What may be asked of an endpoint beyond that, where it has it:
/// `prepare()`, called on its thread when all endpoints are there and before the first message;
/// `dropped()` of a subscription: messages that were discarded before they reached it.
/// And of a transport with `kInfo.faults`: `begin_fault(kind)` and `end_fault(kind)`, noexcept,
/// called at their times on the thread that made it; neither waits.

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

/// A transport that serves Pattern::request_reply and Pattern::pipeline.
template <typename T>
concept RelayTransport = Transport<T> && requires(T transport, std::uint32_t index) {
  { transport.relay(index) } -> Relay;          // in place of subscription(index)
  { transport.requester(index) } -> Requester;  // in place of publisher(index)
};
// clang-format on

}  // namespace busmark

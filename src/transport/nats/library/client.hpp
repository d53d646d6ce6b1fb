// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "busmark/bus/payload_pattern.hpp"

#include "record/nats.hpp"
#include "record/nats_options.hpp"
#include "transport/nats/server.hpp"
#include "transport/nats/wire_header.hpp"
#include "transport/transport.hpp"

namespace busmark {

/// Core NATS through libnats, the C client of NATS, configured as users configure it: one
/// connection for each producer and consumer, made on the constructing thread, so that the threads
/// which the library starts inherit its cores and not those of a pinned worker.
///
/// NatsDelivery::sync takes messages with natsSubscription_NextMsg on the consumer's thread. The
/// others hand them from the library's thread to the consumer's through a ring, whose hop counts in
/// the latency; a full ring holds up the callback, until the library itself counts slow-consumer
/// drops. No header of this class names the library: without it the transport is unavailable.
class NatsClientTransport {
 public:
  static constexpr TransportInfo kInfo{
      .name = "nats/client",
      .summary = "nats-server, by the official C client libnats",
      .min_payload = NatsHeader::kSize,
      .min_checked_payload = NatsHeader::kSizeWithChecksum,
      .one_payload = true,
      .lossless = false,
      .patterns = kAllPatterns,
      .subjects = true,
      .named_subjects = true,
      .server = true,
      .faults = {FaultKind::kill, FaultKind::terminate, FaultKind::lame_duck, FaultKind::freeze,
                 FaultKind::wrong_credentials},
  };

  /// Why it cannot be used on this machine, with the cure; empty when it can.
  [[nodiscard]] static std::string why_unavailable(const NatsOptions& options);
  [[nodiscard]] static ServerPlace server_place(const NatsOptions& options) {
    return nats_server_place(options);
  }

  /// Finds or starts the server and makes all connections. Throws SetupError.
  explicit NatsClientTransport(const TransportOptions& options);
  ~NatsClientTransport();
  NatsClientTransport(const NatsClientTransport&) = delete;
  NatsClientTransport& operator=(const NatsClientTransport&) = delete;

  struct Endpoint;  ///< A connection with what belongs to it.

  class Publisher {
   public:
    bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
      return try_publish_bulk(&message, 1, payload) == 1;
    }
    std::size_t try_publish_bulk(Message* messages, std::size_t count,
                                 const PayloadPattern& payload) noexcept;
    void abandon(Message* /*messages*/, std::size_t /*count*/) noexcept {}
    [[nodiscard]] std::uint64_t dropped() const noexcept { return 0; }

   private:
    friend NatsClientTransport;
    explicit Publisher(Endpoint& endpoint) noexcept : endpoint_(&endpoint) {}
    Endpoint* endpoint_;
  };

  class Subscription {
   public:
    std::size_t poll(Message* messages, std::size_t count) noexcept;
    std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds timeout) noexcept;
    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
      return {NatsHeader::rest(message), message.size};
    }
    void release(const Message& message) noexcept;
    /// What the library discarded because it was not taken in time.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

   protected:
    Endpoint* endpoint_;

   private:
    friend NatsClientTransport;
    explicit Subscription(Endpoint& endpoint) noexcept : endpoint_(&endpoint) {}
  };

  /// Sends a message on: to the reply subject that it bears, or to the next stage of a pipeline.
  class Relay : public Subscription {
   public:
    bool try_pass_on(Message& message) noexcept;

   private:
    friend NatsClientTransport;
    using Subscription::Subscription;
  };

  class Requester : public Publisher, public Subscription {
   public:
    using Subscription::dropped;

   private:
    friend NatsClientTransport;
    explicit Requester(Endpoint& endpoint) noexcept : Publisher(endpoint), Subscription(endpoint) {}
  };

  [[nodiscard]] Publisher publisher(std::uint32_t index);
  [[nodiscard]] Subscription subscription(std::uint32_t index);
  [[nodiscard]] Relay relay(std::uint32_t index);
  [[nodiscard]] Requester requester(std::uint32_t index);

  /// Done to the server; what its clients make of it is the library's.
  void begin_fault(FaultKind kind) noexcept;
  void end_fault(FaultKind kind) noexcept;

  [[nodiscard]] const NatsServer& server() const noexcept;
  /// When all threads are joined.
  [[nodiscard]] NatsReport report();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

static_assert(RelayTransport<NatsClientTransport>);

}  // namespace busmark

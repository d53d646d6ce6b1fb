// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "busmark/bus/payload_pattern.hpp"
#include "busmark/bus/subject_template.hpp"
#include "busmark/transport/nats/connection.hpp"
#include "busmark/transport/nats/options.hpp"
#include "busmark/transport/nats/report.hpp"
#include "busmark/transport/nats/server.hpp"
#include "busmark/transport/nats/wire_header.hpp"
#include "busmark/transport/transport.hpp"

namespace busmark {

/// Core NATS through a client of our own: one socket for each endpoint, driven by the thread that
/// owns it, without a hidden thread and without waiting: a busy poll is a `recv` that returns at
/// once, a parked one sleeps in `ppoll`. The messages of one bulk go out in one `send`.
///
/// Core NATS delivers at most once. A message counts as accepted when the kernel has all of it. One
/// of which it has only a part is refused and cannot be withdrawn: the next message of its
/// producer, which bears the same number, is taken for it. When the server closes a connection,
/// messages are refused until the run's deadline, and report() says why.
class NatsWireTransport {
 public:
  static constexpr TransportInfo kInfo{
      .name = "nats/wire",
      .summary = "nats-server, by a client of our own on one socket per thread",
      .min_payload = kNatsHeaderSize,
      .lossless = false,
      .patterns = {Pattern::one_way, Pattern::fan_in, Pattern::fan_out, Pattern::queue_group},
      .subjects = true,
      .server = true,
  };
  /// The first bytes of each payload are ours, see wire_header.hpp.
  static constexpr std::uint32_t kMinPayload = kNatsHeaderSize;

  /// Why there is no server to use on this machine, with the cure; empty when there is one.
  [[nodiscard]] static std::string why_unavailable(const NatsOptions& options) {
    return why_no_nats_server(options);
  }

  /// Finds or starts the server. Throws SetupError.
  explicit NatsWireTransport(const TransportOptions& options);

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
    friend NatsWireTransport;
    Publisher(NatsConnection& connection, std::vector<std::string> lines, PayloadPattern body,
              std::uint64_t offset) noexcept;

    bool finish_last(std::size_t& done) noexcept;
    [[nodiscard]] std::size_t encode(Message& message) noexcept;
    [[nodiscard]] std::size_t frame_size(const Message& message) const noexcept;

    NatsConnection* connection_;
    std::vector<std::string> lines_;  ///< `PUB subject size` of each subject.
    PayloadPattern body_;             ///< What stands behind the header.
    std::uint64_t offset_;
    std::uint32_t calls_ = 0;
    bool full_ = false;        ///< The last send did not take all.
    bool unfinished_ = false;  ///< The kernel has a part of the last message.
  };

  class Subscription {
   public:
    std::size_t poll(Message* messages, std::size_t count) noexcept;
    std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds timeout) noexcept;
    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
      return {nats_payload(message), message.size};
    }
    void release(const Message& /*message*/) noexcept { --held_; }

   private:
    friend NatsWireTransport;
    Subscription(NatsConnection& connection, std::uint64_t& foreign) noexcept
        : connection_(&connection), foreign_(&foreign) {}
    std::size_t take(Message* messages, std::size_t count) noexcept;

    NatsConnection* connection_;
    std::uint64_t* foreign_;
    std::size_t held_ = 0;  ///< Messages that point into the connection's buffer.
  };

  [[nodiscard]] Publisher publisher(std::uint32_t index);
  /// Returns when the server knows the subscription.
  [[nodiscard]] Subscription subscription(std::uint32_t index);

  [[nodiscard]] const NatsServer& server() const noexcept { return server_; }
  /// When all threads are joined.
  [[nodiscard]] NatsReport report();

 private:
  struct Endpoint {
    std::string role;
    std::unique_ptr<NatsConnection> connection;
    std::uint64_t foreign = 0;
  };
  Endpoint& connect(std::string role);

  TransportOptions options_;
  NatsOptions nats_;
  SubjectTemplate subjects_;
  NatsServer server_;
  std::optional<NatsLoad> load_before_;
  std::mutex mutex_;
  /// They outlive the endpoints: a socket that is closed with bytes unread loses what it was to
  /// send.
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
};

static_assert(Transport<NatsWireTransport>);

}  // namespace busmark

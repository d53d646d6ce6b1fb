// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "busmark/bus/payload_pattern.hpp"
#include "busmark/bus/subject_list.hpp"

#include "record/nats.hpp"
#include "record/nats_options.hpp"
#include "transport/nats/connection.hpp"
#include "transport/nats/server.hpp"
#include "transport/nats/wire_header.hpp"
#include "transport/transport.hpp"

namespace busmark {

/// Core NATS through a client of our own: one socket for each endpoint, driven by the thread that
/// owns it, without a hidden thread and without waiting: a busy poll is a `recv` that returns at
/// once, a parked one sleeps in `ppoll`. The messages of one bulk go out in one `send`, and so do
/// the answers to what one poll has brought.
///
/// Core NATS delivers at most once. A message counts as accepted when the kernel has all of it. One
/// of which it has only a part is refused and cannot be withdrawn: the next message of its
/// producer, which bears the same number, is taken for it. When the server closes a connection,
/// messages are refused until the run's deadline, and report() says why; where a fault is to come,
/// the endpoint connects again.
///
/// On a server that others may use, subjects begin with a word that no other run has.
class NatsWireTransport {
 public:
  static constexpr TransportInfo kInfo{
      .name = "nats/wire",
      .summary = "nats-server, by a client of our own on one socket per thread",
      .min_payload = NatsHeader::kSize,
      .min_checked_payload = NatsHeader::kSizeWithChecksum,
      .one_payload = true,
      .lossless = false,
      .patterns = kAllPatterns,
      .subjects = true,
      .named_subjects = true,
      .server = true,
      .faults = {FaultKind::kill, FaultKind::terminate, FaultKind::lame_duck, FaultKind::freeze,
                 FaultKind::wrong_credentials, FaultKind::oversize, FaultKind::no_responders},
  };

  /// Why there is no server to use on this machine, with the cure; empty when there is one.
  [[nodiscard]] static std::string why_unavailable(const NatsOptions& options) {
    return why_no_nats_server(options);
  }
  [[nodiscard]] static ServerPlace server_place(const NatsOptions& options) {
    return nats_server_place(options);
  }

  /// Finds or starts the server. Throws SetupError.
  explicit NatsWireTransport(const TransportOptions& options);

 private:
  /// What an endpoint is to do once, as a fault.
  enum class Order : std::uint8_t { none, send_oversize, leave, come_back };

  struct Endpoint {
    std::string role;
    std::unique_ptr<NatsConnection> connection;
    std::uint64_t foreign = 0;
    std::uint64_t unanswered = 0;
    std::string subscribe;    ///< What a responder says when it comes,
    std::string unsubscribe;  ///< and when it leaves.
    std::atomic<Order> order{Order::none};
  };

 public:
  class Publisher {
   public:
    bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
      return try_publish_bulk(&message, 1, payload) == 1;
    }
    std::size_t try_publish_bulk(Message* messages, std::size_t count,
                                 const PayloadPattern& payload) noexcept;
    void abandon(Message* /*messages*/, std::size_t /*count*/) noexcept {}
    [[nodiscard]] std::uint64_t dropped() const noexcept { return 0; }
    /// Reads what the server has said meanwhile: it asks whether we live, and says why it is about
    /// to leave.
    void keep_alive() noexcept;

   private:
    friend NatsWireTransport;
    /// `inbox`: where answers go, without the last word; empty: nobody awaits any.
    Publisher(NatsWireTransport& transport, Endpoint& endpoint, std::uint32_t index,
              const std::string& inbox);

    bool finish_last(std::size_t& done) noexcept;
    [[nodiscard]] bool is_connected() noexcept;
    void send_oversize() noexcept;
    [[nodiscard]] std::size_t encode(Message& message, const PayloadPattern& payload) noexcept;
    [[nodiscard]] std::size_t frame_size(const Message& message) const noexcept;

    NatsConnection* connection_;
    Endpoint* endpoint_;
    NatsHeader header_;
    std::vector<std::string> lines_;  ///< `PUB subject inbox.word size` of each subject.
    std::size_t word_ = 0;            ///< Begin of an inbox's word from the end of its line; or 0.
    PayloadPattern body_;             ///< What stands behind the header.
    std::uint64_t offset_;
    bool named_subjects_;
    std::uint32_t calls_ = 0;
    std::uint64_t reconnects_ = 0;
    bool full_ = false;        ///< The last send did not take all.
    bool unfinished_ = false;  ///< The kernel has a part of the last message.
  };

  class Subscription {
   public:
    std::size_t poll(Message* messages, std::size_t count) noexcept;
    std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds timeout) noexcept;
    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
      return {NatsHeader::rest(message), message.size};
    }
    void release(const Message& /*message*/) noexcept { --held_; }

   protected:
    Subscription(NatsWireTransport& transport, Endpoint& endpoint) noexcept;

    NatsConnection* connection_;
    Endpoint* endpoint_;
    NatsHeader header_;
    std::size_t held_ = 0;  ///< Messages that point into the connection's buffer.
    bool answers_ = false;  ///< Each message says where its answer goes.

   private:
    friend NatsWireTransport;
    void obey() noexcept;
    std::size_t take(Message* messages, std::size_t count) noexcept;
    bool is_ours(const NatsFrame& frame, Message& message) noexcept;
  };

  /// The answers to what one poll has brought leave when the last of them is made.
  class Relay : public Subscription {
   public:
    bool try_pass_on(Message& message) noexcept;

   private:
    friend NatsWireTransport;
    /// `target`: the next stage; empty: to who asked.
    Relay(Subscription subscription, const std::string& target);

    std::string subject_;  ///< Empty: that of the message's reply.
    std::string line_end_;
  };

  class Requester : public Publisher, public Subscription {
   private:
    friend NatsWireTransport;
    Requester(Publisher requests, Subscription answers) noexcept
        : Publisher(std::move(requests)), Subscription(answers) {}
  };

  [[nodiscard]] Publisher publisher(std::uint32_t index);
  /// This and the next two return when the server knows the subscription.
  [[nodiscard]] Subscription subscription(std::uint32_t index);
  [[nodiscard]] Relay relay(std::uint32_t index);
  [[nodiscard]] Requester requester(std::uint32_t index);

  /// Returns at once; endpoints see to their part at their next turn.
  void begin_fault(FaultKind kind) noexcept;
  void end_fault(FaultKind kind) noexcept;

  [[nodiscard]] const NatsServer& server() const noexcept { return server_; }
  /// When all threads are joined.
  [[nodiscard]] NatsReport report();

 private:
  Endpoint& connect(std::string role);
  [[nodiscard]] Subscription subscribe(std::uint32_t index);
  [[nodiscard]] std::string stage(std::uint32_t index) const;
  void order(Order order, std::string_view role) noexcept;

  TransportOptions options_;
  NatsOptions nats_;
  NatsServer server_;
  std::string run_;     ///< A word of letters and digits that no other run has.
  std::string prefix_;  ///< Of all subjects; empty on a server of our own.
  SubjectList subjects_;
  std::optional<NatsLoad> load_before_;
  std::mutex mutex_;
  /// They outlive the endpoints: a socket that is closed with bytes unread loses what it was to
  /// send.
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
};

static_assert(RelayTransport<NatsWireTransport>);

}  // namespace busmark

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

/// What `js/publish` and `js/consume` have in common: a stream of our own on a nats-server with
/// JetStream, made for one repetition and deleted after it, and libnats connections to it. See
/// NatsClientTransport for its threads.
class JetStream {
 public:
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
    friend JetStream;
    explicit Publisher(Endpoint& endpoint) noexcept : endpoint_(&endpoint) {}
    Endpoint* endpoint_;
  };

  class Subscription {
   public:
    std::size_t poll(Message* messages, std::size_t count) noexcept;
    std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds timeout) noexcept;
    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept;
    /// Acknowledges the message to the stream.
    void release(const Message& message) noexcept;
    /// What the stream refused to store, or the library to keep.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

   private:
    friend JetStream;
    explicit Subscription(Endpoint& endpoint) noexcept : endpoint_(&endpoint) {}
    Endpoint* endpoint_;
  };

  [[nodiscard]] static std::string why_unavailable(const NatsOptions& options);
  [[nodiscard]] static ServerPlace server_place(const NatsOptions& options) {
    return nats_server_place(options);
  }

  ~JetStream();
  JetStream(const JetStream&) = delete;
  JetStream& operator=(const JetStream&) = delete;

  [[nodiscard]] Publisher publisher(std::uint32_t index);
  [[nodiscard]] Subscription subscription(std::uint32_t index);
  [[nodiscard]] const NatsServer& server() const noexcept;
  /// When all threads are joined.
  [[nodiscard]] NatsReport report();

 protected:
  enum class Kind : std::uint8_t { publish, consume };
  /// Finds or starts the server, makes the stream and all connections. Throws SetupError.
  JetStream(const TransportOptions& options, Kind kind);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Publishes to a stream; a message has arrived when its acknowledgement has, so that latency is
/// that of the acknowledgement. JetStreamAck::sync waits for each on the producer's thread
/// (js_Publish), async for none until `max_acks` are missing (js_PublishMsgAsync). The consumer's
/// thread takes acknowledgements from the one that saw them.
class JetStreamPublishTransport : public JetStream {
 public:
  static constexpr TransportInfo kInfo{
      .name = "js/publish",
      .summary = "JetStream: until the stream has acknowledged, by libnats",
      .max_consumers = 1,
      .min_payload = NatsHeader::kSize,
      .min_checked_payload = NatsHeader::kSizeWithChecksum,
      .one_payload = true,
      .lossless = false,
      .patterns = {Pattern::one_way, Pattern::fan_in},
      .subjects = true,
      .server = true,
  };
  explicit JetStreamPublishTransport(const TransportOptions& options)
      : JetStream(options, Kind::publish) {}
};

/// Publishes to a stream without waiting for acknowledgements (no more than `max_acks` may be
/// missing) and consumes from it with an explicit acknowledgement of each message.
/// JetStreamConsume::pull fetches up to `batch` messages at a time on the consumer's thread; what
/// is pushed is delivered as NatsDelivery says.
class JetStreamConsumeTransport : public JetStream {
 public:
  static constexpr TransportInfo kInfo{
      .name = "js/consume",
      .summary = "JetStream: through a stream to a consumer that acknowledges, by libnats",
      .min_payload = NatsHeader::kSize,
      .min_checked_payload = NatsHeader::kSizeWithChecksum,
      .one_payload = true,
      .lossless = false,
      .patterns = {Pattern::one_way, Pattern::fan_in, Pattern::fan_out, Pattern::queue_group},
      .subjects = true,
      .server = true,
  };
  explicit JetStreamConsumeTransport(const TransportOptions& options)
      : JetStream(options, Kind::consume) {}
};

static_assert(Transport<JetStreamPublishTransport>);
static_assert(Transport<JetStreamConsumeTransport>);

}  // namespace busmark

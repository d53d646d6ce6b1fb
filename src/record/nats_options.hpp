// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/fault.hpp"

namespace busmark {

/// When libnats sends what was published.
enum class NatsFlush : std::uint8_t {
  on_timer,  ///< Its default: a thread of its own, up to a millisecond later.
  asap,      ///< At once, one system call for each message (natsOptions_SetSendAsap).
};
/// As in a config: `default`.
[[nodiscard]] constexpr std::string_view to_string(NatsFlush flush) noexcept {
  return flush == NatsFlush::asap ? "asap" : "default";
}

/// How libnats hands over what has come.
enum class NatsDelivery : std::uint8_t {
  async,   ///< To a callback, on a thread for each subscription.
  sync,    ///< To whom calls natsSubscription_NextMsg.
  global,  ///< To a callback, on one thread for all (natsOptions_UseGlobalMessageDelivery).
};
[[nodiscard]] constexpr std::string_view to_string(NatsDelivery delivery) noexcept {
  switch (delivery) {
    case NatsDelivery::async: return "async";
    case NatsDelivery::sync: return "sync";
    case NatsDelivery::global: return "global";
  }
  return "unknown";
}

/// TLS and credentials, which libnats alone serves. Files, whose contents nobody shows.
struct NatsSecurity {
  bool tls = false;         ///< Also wanted where the URL begins with tls:// or a file is named.
  std::string authority{};  ///< PEM: who must have signed the server's certificate.
  std::string certificate{};
  std::string key{};
  std::string host{};   ///< Name in the server's certificate; empty: that of the URL.
  std::string creds{};  ///< User's JWT and seed, as `nsc` writes them.
  std::string nkey{};   ///< Public user key, `U...`.
  std::string nkey_seed{};

  [[nodiscard]] bool wants_tls() const noexcept {
    return tls || !authority.empty() || !certificate.empty() || !host.empty();
  }
};

/// Keys of `[transport.nats]` that libnats alone heeds; empty: its default.
struct NatsClientOptions {
  NatsFlush flush = NatsFlush::on_timer;
  NatsDelivery delivery = NatsDelivery::async;
  std::optional<std::uint32_t> pending{};         ///< Messages that may wait in one subscription.
  std::optional<std::uint32_t> max_reconnects{};  ///< 0: does not reconnect.
  std::optional<Nanoseconds> reconnect_wait{};
  std::optional<Nanoseconds> reconnect_jitter{};
  std::optional<ByteCount> reconnect_buffer{};
  NatsSecurity security{};
  std::vector<CpuId> thread_cpus{};  ///< Cores of its threads; empty: those of the calling thread.
};

enum class JetStreamStorage : std::uint8_t { file, memory };
[[nodiscard]] constexpr std::string_view to_string(JetStreamStorage storage) noexcept {
  return storage == JetStreamStorage::memory ? "memory" : "file";
}
/// How a publisher waits for the stream's acknowledgement: for each one, or for none until
/// `max_acks` are missing.
enum class JetStreamAck : std::uint8_t { sync, async };
[[nodiscard]] constexpr std::string_view to_string(JetStreamAck ack) noexcept {
  return ack == JetStreamAck::async ? "async" : "sync";
}
enum class JetStreamConsume : std::uint8_t { pull, push };
[[nodiscard]] constexpr std::string_view to_string(JetStreamConsume consume) noexcept {
  return consume == JetStreamConsume::push ? "push" : "pull";
}

/// Keys of `[transport.nats]` for the transports `js/...`.
struct JetStreamOptions {
  bool wanted = false;  ///< A server of our own gets JetStream, with a store in its folder.
  JetStreamStorage storage = JetStreamStorage::file;
  JetStreamAck ack = JetStreamAck::sync;
  JetStreamConsume consume = JetStreamConsume::pull;
  std::uint32_t replicas = 1;
  std::uint32_t max_acks = 512;  ///< Most messages of a publisher that no acknowledgement has.
};

/// The table `[transport.nats]`, and what the engine adds to it.
struct NatsOptions {
  /// `auto`: the server in $NATS_URL, else one that answers at 127.0.0.1:4222, else one of our own;
  /// `own`: one of our own; else the URL of a server.
  std::string url = "auto";
  std::string user{};  ///< These win over those in the URL.
  std::string password{};
  std::string token{};

  /// Limits of a server of our own; empty: its defaults. See nats-server's configuration file.
  std::optional<ByteCount> max_payload{};
  std::optional<std::uint32_t> max_connections{};
  std::optional<ByteCount> max_pending{};
  std::optional<Nanoseconds> write_deadline{};
  std::string program = "nats-server";  ///< Name of what is started.
  std::vector<CpuId> cpus{};  ///< Cores of a server of our own; empty: those of the calling thread.

  /// What will be done to the server: it gets ports at which it can be started again.
  FaultKind fault = FaultKind::none;

  Nanoseconds timeout = std::chrono::seconds(2);  ///< Longest wait for any answer of a server.
  NatsClientOptions client{};
  JetStreamOptions jetstream{};
};

}  // namespace busmark

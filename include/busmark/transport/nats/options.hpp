// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/core/units.hpp"
#include "busmark/transport/fault.hpp"

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

/// Keys of `[transport.nats]` that libnats alone heeds; empty: its default.
struct NatsClientOptions {
  NatsFlush flush = NatsFlush::on_timer;
  NatsDelivery delivery = NatsDelivery::async;
  std::optional<std::uint32_t> pending{};         ///< Messages that may wait in one subscription.
  std::optional<std::uint32_t> max_reconnects{};  ///< 0: does not reconnect.
  std::optional<Nanoseconds> reconnect_wait{};
  std::optional<Nanoseconds> reconnect_jitter{};
  std::optional<ByteCount> reconnect_buffer{};
  std::vector<CpuId> thread_cpus{};  ///< Cores of its threads; empty: those of the calling thread.
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
};

}  // namespace busmark

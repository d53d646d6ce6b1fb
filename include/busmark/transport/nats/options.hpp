// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/core/units.hpp"

namespace busmark {

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

  Nanoseconds timeout = std::chrono::seconds(2);  ///< Longest wait for any answer of a server.
};

}  // namespace busmark

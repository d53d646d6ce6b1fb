// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/transport/nats/connection.hpp"
#include "busmark/transport/nats/server.hpp"

namespace busmark {

/// What one endpoint did and how its connection ended.
struct NatsEndpointReport {
  std::string role;  ///< `producer 0`.
  NatsCounters counters;
  std::uint64_t foreign = 0;     ///< Messages that were not ours.
  std::uint64_t unanswered = 0;  ///< Requests for which the server found nobody.
  bool lame_duck = false;
  bool ended = false;  ///< The server or the network has ended the connection.
  std::string end;     ///< Why, and the last -ERR; empty when nothing happened.
};

/// What a run over nats-server left behind. No secret is in it.
struct NatsReport {
  std::string server;            ///< NatsServer::describe().
  std::optional<NatsLoad> load;  ///< What the server did meanwhile, where it tells.
  std::string load_fault;        ///< Why it does not, though it is ours.
  std::vector<NatsEndpointReport> endpoints;
};

}  // namespace busmark

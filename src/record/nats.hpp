// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// What one connection did. Read it when its thread is joined.
struct NatsCounters {
  std::uint64_t sends = 0;  ///< System calls that took something.
  std::uint64_t bytes_sent = 0;
  std::uint64_t full = 0;      ///< Sends that found the socket's buffer full.
  std::uint64_t partial = 0;   ///< Sends of which a part was taken.
  std::uint64_t receives = 0;  ///< System calls that brought something.
  std::uint64_t bytes_received = 0;
  std::uint64_t pings = 0;   ///< From the server, answered.
  std::uint64_t errors = 0;  ///< -ERR from the server.
  std::uint64_t reconnects = 0;
};

/// A thread that a library started behind our back.
struct NatsLibraryThread {
  std::string name;               ///< Given by us: `nats-p0` belongs to producer 0.
  std::vector<int> allowed_cpus;  ///< Cores it may run on.
  std::vector<int> seen_on;       ///< Cores it was found on, at its start and at the end.
  Nanoseconds processor_time{};
};

/// Counters of a server since its start (`/varz`), or the difference of two readings.
struct NatsLoad {
  std::uint64_t in_messages = 0;
  std::uint64_t out_messages = 0;
  std::uint64_t in_bytes = 0;
  std::uint64_t out_bytes = 0;
  std::uint64_t slow_consumers = 0;
  std::uint64_t memory = 0;       ///< Bytes, now.
  std::uint32_t connections = 0;  ///< Now.
  std::uint32_t gomaxprocs = 0;
  std::optional<Nanoseconds> processor_time;  ///< Of a server of our own.

  /// From `before` to this; what is a state stays as it is.
  [[nodiscard]] NatsLoad since(const NatsLoad& before) const;
};

/// What one endpoint did and how its connection ended.
struct NatsEndpointReport {
  std::string role;  ///< `producer 0`.
  NatsCounters counters;
  std::uint64_t foreign = 0;     ///< Messages that were not ours.
  std::uint64_t unanswered = 0;  ///< Requests for which the server found nobody.
  bool lame_duck = false;
  bool ended = false;  ///< The server or the network has ended the connection.
  std::string end;     ///< Why, and the last -ERR; empty when nothing happened.
  std::vector<std::string> earlier_ends{};  ///< Likewise of connections from which it came back.
};

/// What one connection of a client library did. Read from the library's own counters.
struct NatsLibraryConnection {
  std::string role;  ///< `producer 0`.
  std::uint64_t messages_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t disconnects = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t slow_consumer_drops = 0;  ///< Messages; warm-up included.
  std::uint64_t refusals = 0;             ///< Publish calls that the library did not accept.
  std::uint64_t foreign = 0;              ///< Messages that were not ours.
  bool lame_duck = false;
  bool closed = false;  ///< Given up for good before the end.
  std::string error;    ///< The last one that the library told; empty when there was none.
};

/// A client library of which a run made use: what it was told and what it did by itself.
struct NatsLibraryReport {
  std::string library;   ///< `libnats 3.4.1`.
  std::string flush;     ///< NatsFlush.
  std::string delivery;  ///< NatsDelivery.
  std::string stream;    ///< `file storage, 1 replica, ack before fsync`; empty without JetStream.
  std::vector<NatsLibraryThread> threads;
  std::vector<NatsLibraryConnection> connections;

  /// `libnats 3.4.1, flush default, delivery async, 7 threads of its own seen on cpu 0, 1`.
  [[nodiscard]] std::string describe() const;
};

/// What a run over nats-server left behind. No secret is in it.
struct NatsReport {
  std::string server;                         ///< NatsServer::describe().
  std::optional<NatsLoad> load;               ///< What the server did meanwhile, where it tells.
  std::string load_fault;                     ///< Why it does not, though it is ours.
  std::vector<NatsEndpointReport> endpoints;  ///< Connections of our own client.
  std::optional<NatsLibraryReport> library;
  std::vector<std::string> log{};  ///< What a server of our own wrote that is not routine.
};

}  // namespace busmark

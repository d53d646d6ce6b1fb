// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/field.hpp"
#include "record/nats.hpp"

namespace busmark {

// Fields of the result that tell of nats-server, the connections to it and the client library.

void fields(auto& io, Is<NatsLoad> auto& load) {
  io("in_messages", load.in_messages);
  io("out_messages", load.out_messages);
  io("in_bytes", load.in_bytes);
  io("out_bytes", load.out_bytes);
  io("slow_consumers", load.slow_consumers);
  io("memory_bytes", load.memory);
  io("connections", load.connections);
  io("gomaxprocs", load.gomaxprocs);
  io("cpu_ns", load.processor_time);
}

void fields(auto& io, Is<NatsEndpointReport> auto& endpoint) {
  auto& counters = endpoint.counters;
  io("role", endpoint.role);
  io("sends", counters.sends);
  io("bytes_sent", counters.bytes_sent);
  io("full", counters.full);
  io("partial", counters.partial);
  io("receives", counters.receives);
  io("bytes_received", counters.bytes_received);
  io("pings", counters.pings);
  io("errors", counters.errors);
  io("foreign", endpoint.foreign);
  io("unanswered", endpoint.unanswered, {"Requests for which the server found nobody."});
  io("lame_duck", endpoint.lame_duck);
  io("ended", endpoint.ended, {"The server or the network ended the connection."});
  io.known("end", endpoint.end, {"Why, and the last -ERR."});
  io("reconnects", counters.reconnects);
  io("earlier_ends", endpoint.earlier_ends,
     {"How connections ended from which it came back, and attempts."});
}

void fields(auto& io, Is<NatsLibraryThread> auto& thread) {
  io("name", thread.name,
     {"nats-p0 belongs to producer 0, nats-c0 to consumer 0, nats to the library as a whole."});
  io("allowed_cpus", thread.allowed_cpus);
  io("seen_on", thread.seen_on, {"Cores it was found on, at its start and at the end."});
  io("cpu_ns", thread.processor_time);
}

void fields(auto& io, Is<NatsLibraryConnection> auto& connection) {
  io("role", connection.role);
  io("messages_sent", connection.messages_sent);
  io("bytes_sent", connection.bytes_sent);
  io("messages_received", connection.messages_received);
  io("bytes_received", connection.bytes_received);
  io("disconnects", connection.disconnects);
  io("reconnects", connection.reconnects);
  io("slow_consumer_drops", connection.slow_consumer_drops);
  io("refusals", connection.refusals);
  io("foreign", connection.foreign);
  io("lame_duck", connection.lame_duck);
  io("closed", connection.closed, {"Given up for good before the end."});
  io.known("error", connection.error, {"The last one that the library told."});
}

void fields(auto& io, Is<NatsLibraryReport> auto& library) {
  io("library", library.library);
  io("flush", library.flush,
     {"default: a thread of the library sends up to a millisecond later; asap: each publish "
      "sends."});
  io("delivery", library.delivery, {"async, sync or global."});
  io.known("stream", library.stream,
           {"Of js/...: storage, replicas, and when the stream acknowledges."});
  io("threads", library.threads, {"Threads that the library started."});
  io("connections", library.connections);
}

void fields(auto& io, Is<NatsReport> auto& nats) {
  io("server", nats.server, {"Version, and where it ran or what its address was."});
  io("load", nats.load,
     {"Of a server of our own: /varz after the repetition less before; memory and connections are "
      "states. cpu_ns is the processor time of the server's process."});
  io.known("load_fault", nats.load_fault, {"Why a server of our own did not tell."});
  io("endpoints", nats.endpoints);
  io.later("library", nats.library,
           {"Of nats/client: what the official client library was told and what it did; absent "
            "otherwise."});
  io("log", nats.log, {"What a server of our own wrote that is not routine."});
}

}  // namespace busmark

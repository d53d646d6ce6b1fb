// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "support/nats.hpp"
#include "transport/nats/wire.hpp"

namespace busmark::testing {

inline const NatsOptions kOwn{.url = "own", .timeout = std::chrono::seconds(60)};

inline TransportOptions options(std::uint32_t payload) {
  TransportOptions result;
  result.payload = payload;
  result.nats = &kOwn;
  return result;
}

inline Message message(std::uint64_t sequence, std::uint32_t producer = 0) {
  Message result;
  result.due = -5;
  result.sent = static_cast<std::int64_t>(sequence) << 10;
  result.sequence = sequence;
  result.producer = static_cast<std::uint16_t>(producer);
  result.checksum = 1;  // wanted
  return result;
}

/// Takes messages until `wanted` are there or a cap that nothing should reach; checks each.
template <typename S>
std::vector<Message> receive(S& subscription, std::size_t wanted, std::size_t batch = 16) {
  std::vector<Message> received;
  std::vector<Message> buffer(batch);
  const Deadline deadline = deadline_in(std::chrono::seconds(60));
  while (received.size() < wanted && std::chrono::steady_clock::now() < deadline) {
    const std::size_t count = subscription.poll(buffer.data(), batch);
    for (std::size_t i = 0; i < count; ++i) {
      const bool checked = buffer[i].checksum != 0;  // below 20 bytes there is no room for one
      if (checked && payload_checksum(subscription.payload(buffer[i])) != buffer[i].checksum) {
        FAIL("a payload does not fit its checksum");
      }
      subscription.release(buffer[i]);
      received.push_back(buffer[i]);
    }
  }
  return received;
}

/// Publishes all of them, trying again where the transport is full.
template <typename P>
void publish(P& publisher, std::vector<Message> messages, const PayloadPattern& payload) {
  const Deadline deadline = deadline_in(std::chrono::seconds(60));
  std::size_t done = 0;
  while (done < messages.size()) {
    done += publisher.try_publish_bulk(messages.data() + done, messages.size() - done, payload);
    REQUIRE(std::chrono::steady_clock::now() < deadline);
  }
}

inline std::vector<Message> messages(std::uint64_t first, std::uint64_t count,
                                     std::uint32_t producer = 0) {
  std::vector<Message> result;
  for (std::uint64_t i = 0; i < count; ++i) result.push_back(message(first + i, producer));
  return result;
}

}  // namespace busmark::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "transport/nats/library/jetstream.hpp"
#include "transport/nats/library/library.hpp"

namespace busmark {

/// Acknowledged messages of one publisher on their way to the consumer's thread.
struct AckedRing {
  explicit AckedRing(std::size_t capacity)
      : ring(capacity), producer(ring.producer()), consumer(ring.consumer()) {}
  ~AckedRing() {
    natsMsg* left = nullptr;
    while (consumer.try_pop(left)) natsMsg_Destroy(left);
  }
  AckedRing(const AckedRing&) = delete;
  AckedRing& operator=(const AckedRing&) = delete;

  void push(natsMsg* message) noexcept {
    while (!producer.try_push(std::move(message))) {
      // Relaxed is enough: it only ends this wait.
      if (stopping.load(std::memory_order_relaxed)) return natsMsg_Destroy(message);
      idle(WaitStrategy::yield);
    }
    if (arrivals != nullptr) arrivals->notify();
  }

  SpscRing<natsMsg*> ring;
  SpscRing<natsMsg*>::Producer producer;
  SpscRing<natsMsg*>::Consumer consumer;
  EventCount* arrivals = nullptr;  ///< Told of each where a consumer parks.
  std::atomic<bool> stopping{false};
};

/// What the library calls back with. Kept until the process ends, since it does not say when it has
/// called for the last time.
struct AckGate {
  std::mutex mutex;
  AckedRing* target = nullptr;  ///< Null: acknowledgements interest nobody.
  std::atomic<std::uint64_t> refused{0};
};

struct JetStream::Endpoint {
  Endpoint(const NatsServer& server, const NatsOptions& nats, const TransportOptions& options,
           const std::string& role);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  bool publish(natsMsg* message) noexcept;
  std::size_t take(natsMsg** messages, std::size_t count) noexcept;
  std::size_t take_decoded(Message* messages, std::size_t count) noexcept;

  LibraryConnection connection;
  NatsHeader header;
  AckGate& gate;
  std::int64_t wait;  ///< Milliseconds.
  jsCtx* context = nullptr;
  std::uint64_t foreign = 0;
  std::uint64_t refusals = 0;
  natsStatus refused_for = NATS_OK;  ///< The last one.

  // Of a producer.
  bool waits_for_ack = false;
  std::vector<std::string> subjects;
  std::uint64_t offset = 0;
  std::vector<char> buffer;
  std::optional<PayloadPattern> body;  ///< What stands behind the header.
  std::unique_ptr<AckedRing> acked;    ///< Null where acknowledgements interest nobody.

  // Of a consumer.
  EventCount arrivals;
  std::vector<AckedRing*> awaited;  ///< Its messages are acknowledgements.
  std::vector<std::unique_ptr<LibraryInbox>> inboxes;
  natsSubscription* pull = nullptr;
  std::vector<AckGate*> gates;  ///< Of all producers; of the first consumer alone.
};

}  // namespace busmark

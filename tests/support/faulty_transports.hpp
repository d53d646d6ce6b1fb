// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <thread>

#include "busmark/base/error.hpp"
#include "busmark/queue/mpmc_ring.hpp"

#include "engine/phase.hpp"
#include "support/plans.hpp"
#include "transport/queue_transport.hpp"

namespace busmark::testing {

using SoundTransport = QueueTransport<MpmcRing>;

/// Does nothing wrong: the hooks that a fault may override. Every endpoint has one of its own.
struct NoFault {
  NoFault() = default;
  virtual ~NoFault() = default;
  NoFault(const NoFault&) = delete;
  NoFault& operator=(const NoFault&) = delete;

  virtual void on_endpoint(bool /*producer*/, std::uint32_t /*index*/) {}
  virtual bool publish(SoundTransport::Publisher& next, Message& message,
                       const PayloadPattern& payload) {
    return next.try_publish(message, payload);
  }
  virtual std::size_t poll(SoundTransport::Subscription& next, Message* messages,
                           std::size_t count) {
    return next.poll(messages, count);
  }
  std::uint64_t dropped = 0;
};

/// A sound transport seen through a fault. Payloads stay inline (16 bytes at most), waits awake.
/// The fault is chosen at run time: the engine's loops take seconds to compile for each transport.
class FaultyTransport {
 public:
  static constexpr TransportInfo kInfo{.name = "test/faulty",
                                       .summary = "wrong on purpose",
                                       .max_producers = 0,
                                       .max_consumers = 0,
                                       .lossless = false};
  using MakeFault = std::unique_ptr<NoFault> (*)();
  static inline MakeFault make_fault = nullptr;  ///< Of the transports made from now on.

  explicit FaultyTransport(const TransportOptions& options) : sound_(options) {}

  struct Publisher {
    SoundTransport::Publisher next;
    std::unique_ptr<NoFault> fault;

    bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
      return fault->publish(next, message, payload);
    }
    std::size_t try_publish_bulk(Message* messages, std::size_t count,
                                 const PayloadPattern& payload) noexcept {
      std::size_t sent = 0;
      while (sent < count && fault->publish(next, messages[sent], payload)) ++sent;
      return sent;
    }
    void abandon(Message* messages, std::size_t count) noexcept { next.abandon(messages, count); }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return fault->dropped; }
  };

  struct Subscription {
    SoundTransport::Subscription next;
    std::unique_ptr<NoFault> fault;

    std::size_t poll(Message* messages, std::size_t count) noexcept {
      return fault->poll(next, messages, count);
    }
    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
      return next.payload(message);
    }
    void release(const Message& message) noexcept { next.release(message); }
    std::size_t poll_or_park(Message* messages, std::size_t count,
                             Nanoseconds /*timeout*/) noexcept {
      return poll(messages, count);
    }
  };

  [[nodiscard]] Publisher publisher(std::uint32_t index) {
    return {sound_.publisher(index), fault_of(true, index)};
  }
  [[nodiscard]] Subscription subscription(std::uint32_t index) {
    return {sound_.subscription(index), fault_of(false, index)};
  }

 private:
  static std::unique_ptr<NoFault> fault_of(bool producer, std::uint32_t index) {
    std::unique_ptr<NoFault> fault = make_fault();
    fault->on_endpoint(producer, index);
    return fault;
  }

  SoundTransport sound_;
};

/// One repetition over a transport with that fault.
template <typename Fault>
RepetitionResult run_faulty(const Scenario& scenario, const StopFlag& stop = StopFlag{false}) {
  FaultyTransport::make_fault = []() -> std::unique_ptr<NoFault> {
    return std::make_unique<Fault>();
  };
  return run_on<FaultyTransport>(scenario, stop);
}

/// Accepts every 100th message and forgets it.
struct LoseEvery100th : NoFault {
  bool publish(SoundTransport::Publisher& next, Message& message,
               const PayloadPattern& payload) override {
    return message.sequence % 100 == 99 || next.try_publish(message, payload);
  }
};

/// The same, but owns up to it.
struct DropEvery100th : NoFault {
  bool publish(SoundTransport::Publisher& next, Message& message,
               const PayloadPattern& payload) override {
    if (message.sequence % 100 != 99) return next.try_publish(message, payload);
    ++dropped;
    return true;
  }
};

/// Drops the first 50 messages by policy and loses every 100th later on.
struct DropFirstLoseLater : NoFault {
  bool publish(SoundTransport::Publisher& next, Message& message,
               const PayloadPattern& payload) override {
    if (message.sequence < 50) {
      ++dropped;
      return true;
    }
    return message.sequence % 100 == 99 || next.try_publish(message, payload);
  }
};

/// Delivers every 100th message twice.
struct DuplicateEvery100th : NoFault {
  bool publish(SoundTransport::Publisher& next, Message& message,
               const PayloadPattern& payload) override {
    Message copy = message;
    if (!next.try_publish(message, payload)) return false;
    if (copy.sequence % 100 == 99) {
      while (!next.try_publish(copy, payload)) std::this_thread::yield();
    }
    return true;
  }
};

/// Holds every 100th message back until the next one has passed it.
struct ReorderEvery100th : NoFault {
  bool publish(SoundTransport::Publisher& next, Message& message,
               const PayloadPattern& payload) override {
    if (message.sequence % 100 == 98) {
      held = message;
      return true;
    }
    if (!next.try_publish(message, payload)) return false;
    if (message.sequence % 100 == 99) {
      while (!next.try_publish(held, payload)) std::this_thread::yield();
    }
    return true;
  }
  Message held;
};

/// Flips one bit in the last byte of every 100th payload.
struct CorruptEvery100th : NoFault {
  std::size_t poll(SoundTransport::Subscription& next, Message* messages,
                   std::size_t count) override {
    const std::size_t got = next.poll(messages, count);
    for (Message& message : std::span(messages, got)) {
      if (message.sequence % 100 == 99) message.inline_payload.back() ^= std::byte{1};
    }
    return got;
  }
};

/// Accepts until it is full and delivers nothing.
struct NeverDeliver : NoFault {
  std::size_t poll(SoundTransport::Subscription&, Message*, std::size_t) override { return 0; }
};

/// Consumers take one message at a time and rest after each.
struct StallingConsumer : NoFault {
  std::size_t poll(SoundTransport::Subscription& next, Message* messages, std::size_t) override {
    const std::size_t got = next.poll(messages, 1);
    if (got != 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
    return got;
  }
};

/// Message `At` is taken only after the consumer has slept for `Milliseconds`.
template <std::uint64_t At, int Milliseconds>
struct StallConsumer : NoFault {
  std::size_t poll(SoundTransport::Subscription& next, Message* messages, std::size_t) override {
    const std::size_t got = next.poll(messages, 1);
    if (got != 0 && messages->sequence == At) {
      std::this_thread::sleep_for(std::chrono::milliseconds(Milliseconds));
    }
    return got;
  }
};

/// The producer sleeps inside the publish of message `At`.
template <std::uint64_t At, int Milliseconds>
struct StallProducer : NoFault {
  bool publish(SoundTransport::Publisher& next, Message& message,
               const PayloadPattern& payload) override {
    if (message.sequence == At) {
      std::this_thread::sleep_for(std::chrono::milliseconds(Milliseconds));
    }
    return next.try_publish(message, payload);
  }
};

/// Raises the stop flag, as a signal handler would, when message `At` is sent.
template <std::uint64_t At>
struct RaiseStop : NoFault {
  static inline StopFlag stop{false};
  bool publish(SoundTransport::Publisher& next, Message& message,
               const PayloadPattern& payload) override {
    if (message.sequence == At) stop.store(true);
    return next.try_publish(message, payload);
  }
};

/// The second endpoint of one side cannot be made.
template <bool Producer>
struct ThrowAtEndpoint : NoFault {
  void on_endpoint(bool producer, std::uint32_t index) override {
    if (producer == Producer && index == 1) throw SetupError("no second endpoint to be had");
  }
};

}  // namespace busmark::testing

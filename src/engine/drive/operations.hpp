// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "busmark/base/wait.hpp"
#include "busmark/bus/payload_pattern.hpp"
#include "busmark/bus/payload_pool.hpp"
#include "busmark/queue/spsc_ring.hpp"

#include "engine/repetition.hpp"
#include "machine/affinity.hpp"
#include "transport/nats/protocol.hpp"

#if defined(__GLIBC__)
// The C library's own allocator, whatever the program is linked with (malloc/malloc.c of glibc).
extern "C" void* __libc_malloc(std::size_t size) noexcept;  // NOLINT
extern "C" void __libc_free(void* memory) noexcept;         // NOLINT
#endif

namespace busmark {

// What is done to a message on its way, one operation each: made on the measured thread before the
// measured time, called there without a pause. None may fail; an `int` member `faults` counts what
// should not have happened.

/// The compiler must take `memory` as read and written here.
inline void keep(void* memory) noexcept { asm volatile("" : : "g"(memory) : "memory"); }

/// What a consumer does with a message, without anything that brings it.
struct CallDirectly {
  static constexpr TransportInfo kInfo{
      .name = "op/direct", .summary = "the consumer's work, called directly: no bus at all"};
  explicit CallDirectly(const RepetitionPlan& plan)
      : clock(plan.clock), work(clock.to_ticks(plan.scenario.work)) {}
  void operator()() noexcept {
    if (work != 0) be_busy(clock, work);
  }
  Clock clock;
  std::int64_t work;
  int faults = 0;
};

/// What most operations work on: a message and its payload.
struct Material {
  explicit Material(const RepetitionPlan& plan)
      : pattern(static_cast<std::uint32_t>(plan.scenario.payload.bytes), plan.seed),
        payload(plan.scenario.payload.bytes) {
    pattern.write(payload.data(), 0);
    message.size = pattern.size();
  }
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(payload.data()), payload.size()};
  }

  PayloadPattern pattern;
  std::vector<std::byte> payload;
  Message message;
};

/// Fills in a message and writes its payload, with the checksum where the scenario wants one.
struct BuildMessage : Material {
  static constexpr TransportInfo kInfo{.name = "op/build",
                                       .summary = "fill in a message and write its payload"};
  explicit BuildMessage(const RepetitionPlan& plan)
      : Material(plan), checked(plan.scenario.checksum) {}
  void operator()() noexcept {
    ++message.sequence;
    message.due = message.sent = static_cast<std::int64_t>(message.sequence);
    message.checksum = checked ? pattern.checksum(message.sequence) : 0;
    if (pattern.fits_inline()) {
      pattern.write_inline(message, message.sequence);
    } else {
      pattern.write(payload.data(), message.sequence);
      keep(payload.data());
    }
    keep(&message);
  }
  bool checked;
  int faults = 0;
};

/// Reads every byte of a payload and compares.
struct CheckPayload : Material {
  static constexpr TransportInfo kInfo{.name = "op/checksum",
                                       .summary = "check a payload as checksum = true does"};
  explicit CheckPayload(const RepetitionPlan& plan)
      : Material(plan), expected(pattern.checksum(0)) {}
  void operator()() noexcept {
    keep(payload.data());
    if (payload_checksum(payload) != expected) ++faults;
  }
  std::uint32_t expected;
  int faults = 0;
};

/// Header and payload, one behind the other, in the machine's byte order.
struct BinaryFrame : Material {
  using Material::Material;
  static constexpr std::size_t kHeader = offsetof(Message, slot);

  void encode() noexcept {
    ++message.sequence;
    std::memcpy(frame.data(), &message, kHeader);
    std::memcpy(frame.data() + kHeader, payload.data(), payload.size());
    keep(frame.data());
  }
  std::vector<std::byte> frame = std::vector<std::byte>(kHeader + payload.size());
  int faults = 0;
};
struct EncodeBinary : BinaryFrame {
  static constexpr TransportInfo kInfo{.name = "op/encode-binary",
                                       .summary = "message to bytes: 48 of header, the payload"};
  using BinaryFrame::BinaryFrame;
  void operator()() noexcept { encode(); }
};
struct DecodeBinary : BinaryFrame {
  static constexpr TransportInfo kInfo{.name = "op/decode-binary", .summary = "and back"};
  explicit DecodeBinary(const RepetitionPlan& plan) : BinaryFrame(plan) { encode(); }
  void operator()() noexcept {
    keep(frame.data());
    Message read;
    std::memcpy(static_cast<void*>(&read), frame.data(), kHeader);
    std::memcpy(payload.data(), frame.data() + kHeader, payload.size());
    keep(payload.data());
    if (read.sequence != message.sequence) ++faults;
  }
};

/// A PUB, and the MSG that a subscriber gets.
struct EncodeNats : Material {
  static constexpr TransportInfo kInfo{.name = "op/encode-nats",
                                       .summary = "message to a PUB of the NATS protocol"};
  using Material::Material;
  void operator()() noexcept {
    NatsWriter writer(buffer.data(), buffer.size());
    if (writer.publish("busmark.0", text()) != NatsFault::none) ++faults;
    keep(buffer.data());
  }
  std::vector<char> buffer = std::vector<char>(payload.size() + 128);
  int faults = 0;
};
struct DecodeNats : Material {
  static constexpr TransportInfo kInfo{.name = "op/decode-nats",
                                       .summary = "take a MSG of the NATS protocol apart"};
  explicit DecodeNats(const RepetitionPlan& plan) : Material(plan) {
    bytes = "MSG busmark.0 1 " + std::to_string(payload.size()) + "\r\n";
    bytes += text();
    bytes += "\r\n";
  }
  void operator()() noexcept {
    keep(bytes.data());
    NatsParser parser;
    const bool whole = parser.next(bytes) == NatsParser::State::frame;
    if (!whole || parser.frame().body.size() != payload.size()) ++faults;
  }
  std::string bytes;
  int faults = 0;
};

/// A payload's memory, taken and given back: from our own pool, and from allocators.
struct TakeSlot {
  static constexpr TransportInfo kInfo{
      .name = "op/slot", .summary = "take a payload slot of busmark's pool and give it back"};
  explicit TakeSlot(const RepetitionPlan& plan)
      : pool(std::max<std::size_t>(plan.scenario.payload.bytes, 1), plan.scenario.capacity) {}
  void operator()() noexcept {
    PayloadSlot* slot = pool.acquire(1);
    if (slot == nullptr) {
      ++faults;
      return;
    }
    keep(slot);
    slot->release();
  }
  PayloadPool pool;
  int faults = 0;
};

template <auto kTake, auto kGive>
struct Allocate {
  explicit Allocate(const RepetitionPlan& plan) : bytes(plan.scenario.payload.bytes) {}
  void operator()() noexcept {
    void* memory = kTake(bytes);
    keep(memory);
    kGive(memory);
  }
  std::size_t bytes;
  int faults = 0;
};
struct AllocateLinked : Allocate<&std::malloc, &std::free> {
  static constexpr TransportInfo kInfo{
      .name = "op/malloc", .summary = "malloc and free of a payload, by the allocator linked"};
  using Allocate::Allocate;
};

/// Memory that the consumer's core gives back: what is timed is the taking and the handing over.
template <auto kTake, auto kGive>
class AllocateAcross {
 public:
  explicit AllocateAcross(const RepetitionPlan& plan)
      : bytes_(plan.scenario.payload.bytes),
        ring_(plan.scenario.capacity),
        producer_(ring_.producer()),
        giver_([this, cpu = plan.consumer_cpus.front()] {
          pin_this_thread(cpu);
          auto consumer = ring_.consumer();
          void* memory = nullptr;
          while (true) {
            // Acquire pairs with the release in the destructor: all has been pushed by then.
            const bool over = over_.load(std::memory_order_acquire);
            if (consumer.try_pop(memory)) {
              kGive(memory);
            } else if (over) {
              return;
            } else {
              relax();
            }
          }
        }) {}
  ~AllocateAcross() { over_.store(true, std::memory_order_release); }

  void operator()() noexcept {
    void* memory = kTake(bytes_);
    keep(memory);
    while (!producer_.try_push(std::move(memory))) relax();
  }
  static constexpr bool kTwoCores = true;
  int faults = 0;

 private:
  std::size_t bytes_;
  SpscRing<void*> ring_;
  SpscRing<void*>::Producer producer_;
  std::atomic<bool> over_{false};
  std::jthread giver_;
};
struct AllocateLinkedAcross : AllocateAcross<&std::malloc, &std::free> {
  static constexpr TransportInfo kInfo{
      .name = "op/malloc-across",
      .summary = "malloc of a payload that the consumer's core frees; with handing it over"};
  using AllocateAcross::AllocateAcross;
};

#if defined(__GLIBC__)
struct AllocateLibc : Allocate<&__libc_malloc, &__libc_free> {
  static constexpr TransportInfo kInfo{.name = "op/libc-malloc",
                                       .summary = "the same, by the C library's allocator"};
  using Allocate::Allocate;
};
struct AllocateLibcAcross : AllocateAcross<&__libc_malloc, &__libc_free> {
  static constexpr TransportInfo kInfo{.name = "op/libc-malloc-across",
                                       .summary = "the same, by the C library's allocator"};
  using AllocateAcross::AllocateAcross;
};
#endif

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/clock.hpp"
#include "busmark/base/error.hpp"
#include "busmark/base/wait.hpp"
#include "busmark/queue/spsc_ring.hpp"

#include "record/synthetic_options.hpp"
#include "transport/transport.hpp"

namespace busmark {

/// How long each message is held back: a pure function of its sequence number, so that the truth of
/// a run can be replayed from the same draws.
struct DelayProgram {
  enum class Shape : std::uint8_t {
    constant,     ///< `low`.
    uniform,      ///< `low` .. `high`.
    exponential,  ///< Mean `low`.
    log_normal,   ///< Median `low`, sigma `spread` of the logarithm, cut off at `high`.
    bimodal,      ///< `low`, but `high` with probability `spread`.
    settling,     ///< `high` at first, then closer to `low` by a factor e with `spread` messages.
  };

  Shape shape = Shape::constant;
  Nanoseconds low{};
  Nanoseconds high{};
  double spread = 0;
  std::uint64_t seed = 1;

  [[nodiscard]] Nanoseconds at(std::uint64_t sequence) const noexcept {
    const auto least = static_cast<double>(low.count());
    const auto most = static_cast<double>(high.count());
    double delay = least;
    if (shape == Shape::uniform) {
      delay = least + (most - least) * draw(2 * sequence);
    } else if (shape == Shape::exponential) {
      delay = -least * std::log(draw(2 * sequence));
    } else if (shape == Shape::log_normal) {
      // Box and Muller (1958): two uniform numbers make a normal one.
      const double normal = std::sqrt(-2 * std::log(draw(2 * sequence))) *
                            std::cos(2 * std::numbers::pi * draw(2 * sequence + 1));
      delay = std::min(least * std::exp(spread * normal), most);
    } else if (shape == Shape::settling) {
      delay = least + (most - least) * std::exp(-static_cast<double>(sequence) / spread);
    } else if (shape == Shape::bimodal && draw(2 * sequence) < spread) {
      delay = most;
    }
    return Nanoseconds(static_cast<std::int64_t>(delay));
  }

 private:
  /// Number `index` of the stream, in (0, 1]: splitmix64 (Steele, Lea, Flood 2014).
  [[nodiscard]] double draw(std::uint64_t index) const noexcept {
    std::uint64_t word = seed + (index + 1) * 0x9e3779b97f4a7c15ULL;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
    word ^= word >> 31;
    return static_cast<double>((word >> 11) + 1) * 0x1.0p-53;
  }
};

/// Something that befalls every `period`-th message, in the middle of each period so that neither
/// the first nor the last message of a run is hit. A period of 0 is never.
struct Recurrence {
  std::uint64_t period = 0;

  [[nodiscard]] bool hits(std::uint64_t sequence) const noexcept {
    return period != 0 && sequence % period == period / 2;
  }
  /// Hits among the sequence numbers 0 .. `messages` - 1.
  [[nodiscard]] std::uint64_t among(std::uint64_t messages) const noexcept {
    return period == 0 ? 0 : (messages + period - period / 2 - 1) / period;
  }
};

/// What the transport itself saw of one delivery, in ticks, by its own readings of the clock.
struct SyntheticDelivery {
  std::uint64_t sequence = 0;
  std::int64_t due = 0;       ///< As the engine stamped it.
  std::int64_t sent = 0;      ///< As the engine stamped it.
  std::int64_t accepted = 0;  ///< When the message was handed over, before anything is done to it.
  std::int64_t released = 0;  ///< Just before it was handed out.
};

/// The transport's own account of a run, kept apart from everything the engine records. Each half
/// has one writer; read it when the threads are joined. They share no cache line, with each other
/// nor with a program: a producer that misses one at every publish would be seen to hand over late.
struct SyntheticLog {
  std::vector<SyntheticDelivery> deliveries;  ///< In order; as long as it may get, see `delivered`.
  /// Entries in use; more were not kept.
  alignas(kNoSharing) std::uint64_t delivered = 0;
  /// Deliveries owed: duplicates in, losses out.
  alignas(kNoSharing) std::uint64_t forwarded = 0;
};

/// What a SyntheticTransport does to the messages of one run. A capacity for all of them keeps the
/// truth simple: nothing is ever refused.
struct alignas(kNoSharing) SyntheticProgram {
  Clock clock{};
  DelayProgram delay{};
  /// The delay is the work of a single server, which takes one message after the other: a message
  /// departs at max(arrival, departure of its predecessor) + delay.
  bool one_server = false;
  double latency_factor = 1;   ///< Stretches arrival to departure; the server's pace stays.
  Nanoseconds publish_cost{};  ///< Time inside every publish: no rate above its inverse can be met.
  Nanoseconds stall{};         ///< Once, inside the publish of `stall_at`; 0 is never.
  std::uint64_t stall_at = 0;
  Nanoseconds held_up{};  ///< Once, deliveries stop at `held_up_at`; 0 is never.
  std::uint64_t held_up_at = 0;
  Nanoseconds clock_step{};  ///< From `clock_step_at` on the producer's stamps are this much ahead.
  std::uint64_t clock_step_at = 0;
  Recurrence lose{};
  Recurrence duplicate{};
  Recurrence swap{};            ///< Delivered after its successor.
  Recurrence corrupt{};         ///< One bit of the payload is turned.
  SyntheticLog* log = nullptr;  ///< Not owned; may be null.
};

/// The server of `[transport.synthetic]`. Its draws are others than those of the arrivals.
[[nodiscard]] SyntheticProgram server_program(const SyntheticOptions& options, const Clock& clock,
                                              std::uint64_t seed);

namespace detail {

/// What the endpoints hand each other.
struct SyntheticItem {
  Message message;
  SyntheticDelivery truth;
  std::int64_t release_at = 0;  ///< Ticks.
};

}  // namespace detail

/// A transport with programmed truth: the self-test and scenarios with `synthetic` drive it to see
/// whether the engine measures what is there. It is the one transport that reads a clock, because
/// its delays have to be exact in the ticks in which the engine measures, and because its log has
/// to contradict an engine that lies. One producer, one consumer, inline payloads; no message
/// allocates.
class SyntheticTransport {
  using Item = detail::SyntheticItem;
  static constexpr std::size_t kMostForwards = 3;  ///< A message, its duplicate, a swapped one.

 public:
  static constexpr TransportInfo kInfo{
      .name = "synthetic",
      .summary = "one programmed server: known capacity and latency, to check busmark itself",
      .max_producers = 1,
      .max_consumers = 1,
      .max_payload = Message::kInlinePayload};

  /// Throws SetupError without a program or with payloads that are not inline.
  explicit SyntheticTransport(const TransportOptions& options)
      : ring_(std::max(options.capacity, kMostForwards)) {
    if (options.synthetic == nullptr) throw SetupError("the synthetic transport needs a program");
    if (options.payload > Message::kInlinePayload) {
      throw SetupError("the synthetic transport carries inline payloads only");
    }
    program_ = options.synthetic;
  }

  class Publisher {
   public:
    bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
      const std::int64_t accepted = clock_.now();
      if (!producer_.has_room(forwards(message.sequence))) return false;
      Item item{.message = message, .truth = {}, .release_at = 0};
      item.truth = {.sequence = message.sequence,
                    .due = message.due,
                    .sent = message.sent,
                    .accepted = accepted,
                    .released = 0};
      payload.write(item.message.inline_payload.data(), message.sequence);
      item.release_at = schedule_release(message);
      forward(item);
      return true;
    }

    std::size_t try_publish_bulk(Message* messages, std::size_t count,
                                 const PayloadPattern& payload) noexcept {
      std::size_t sent = 0;
      while (sent < count && try_publish(messages[sent], payload)) ++sent;
      return sent;
    }

    void abandon(Message* /*messages*/, std::size_t /*count*/) noexcept {}
    [[nodiscard]] std::uint64_t dropped() const noexcept { return 0; }

   private:
    friend SyntheticTransport;
    Publisher(SpscRing<Item>& ring, const SyntheticProgram& program)
        : producer_(ring.producer()), clock_(program.clock), program_(&program) {}

    /// Items that the publish of this message puts into the ring: what was accepted never waits
    /// for a later publish.
    [[nodiscard]] std::size_t forwards(std::uint64_t sequence) const noexcept {
      if (program_->lose.hits(sequence) || program_->swap.hits(sequence)) return 0;
      return 1U + (program_->duplicate.hits(sequence) ? 1U : 0U) + (holds_swapped_ ? 1U : 0U);
    }

    /// Spends what the publish costs and returns when the message is to be released: never before
    /// its predecessor, for this is a queue.
    std::int64_t schedule_release(const Message& message) noexcept {
      const SyntheticProgram& program = *program_;
      Nanoseconds inside = program.publish_cost;
      if (message.sequence == program.stall_at) inside += program.stall;
      const std::int64_t leave = message.sent + program.clock.to_ticks(inside);
      while (program.clock.now() < leave) relax();
      Nanoseconds hold = program.delay.at(message.sequence);
      if (message.sequence == program.held_up_at) hold += program.held_up;
      const std::int64_t begin = program.one_server ? std::max(leave, departed_) : leave;
      departed_ = begin + program.clock.to_ticks(hold);
      const std::int64_t stretched =
          leave + static_cast<std::int64_t>(static_cast<double>(departed_ - leave) *
                                            program.latency_factor);
      last_release_ = std::max(last_release_, stretched);
      return last_release_;
    }

    void forward(Item& item) noexcept {
      const SyntheticProgram& program = *program_;
      const std::uint64_t sequence = item.truth.sequence;
      if (program.clock_step.count() != 0 && sequence >= program.clock_step_at) {
        item.message.due += program.clock.to_ticks(program.clock_step);
        item.message.sent += program.clock.to_ticks(program.clock_step);
      }
      if (program.corrupt.hits(sequence)) item.message.inline_payload[0] ^= std::byte{1};
      if (program.lose.hits(sequence)) return;
      if (program.swap.hits(sequence)) {
        swapped_ = item;
        holds_swapped_ = true;
        return;
      }
      push(item);
      if (program.duplicate.hits(sequence)) push(item);
      if (holds_swapped_) push(swapped_);
      holds_swapped_ = false;
    }

    void push(const Item& item) noexcept {
      if (program_->log != nullptr) ++program_->log->forwarded;
      Item copy = item;
      producer_.try_push(std::move(copy));  // there is room: see forwards()
    }

    SpscRing<Item>::Producer producer_;
    Clock clock_;
    const SyntheticProgram* program_;
    std::int64_t departed_ = 0;
    std::int64_t last_release_ = 0;
    Item swapped_;
    bool holds_swapped_ = false;
  };

  class Subscription {
   public:
    std::size_t poll(Message* messages, std::size_t count) noexcept {
      std::size_t got = 0;
      while (got < count && (holds_next_ || consumer_.try_pop(next_))) {
        holds_next_ = true;
        const std::int64_t now = program_->clock.now();
        if (now < next_.release_at) break;
        keep(now);
        messages[got++] = next_.message;
        holds_next_ = false;
      }
      return got;
    }

    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
      return {message.inline_payload.data(), message.size};
    }
    void release(const Message& /*message*/) noexcept {}

    /// Sleeps in steps of 50 us at most: nobody wakes it, for a release is a matter of time.
    std::size_t poll_or_park(Message* messages, std::size_t count, Nanoseconds timeout) noexcept {
      constexpr Nanoseconds kStep = std::chrono::microseconds(50);
      const std::size_t got = poll(messages, count);
      if (got != 0) return got;
      const timespec pause{.tv_sec = 0, .tv_nsec = std::min(timeout, kStep).count()};
      nanosleep(&pause, nullptr);
      return 0;
    }

   private:
    friend SyntheticTransport;
    Subscription(SpscRing<Item>& ring, const SyntheticProgram& program)
        : consumer_(ring.consumer()), program_(&program) {}

    void keep(std::int64_t now) noexcept {
      SyntheticLog* log = program_->log;
      if (log == nullptr || log->delivered == log->deliveries.size()) return;
      next_.truth.released = now;
      log->deliveries[log->delivered++] = next_.truth;
    }

    SpscRing<Item>::Consumer consumer_;
    const SyntheticProgram* program_;
    Item next_;
    bool holds_next_ = false;
  };

  [[nodiscard]] Publisher publisher(std::uint32_t /*index*/) { return {ring_, *program_}; }
  [[nodiscard]] Subscription subscription(std::uint32_t /*index*/) { return {ring_, *program_}; }

 private:
  SpscRing<Item> ring_;
  const SyntheticProgram* program_ = nullptr;
};

static_assert(Transport<SyntheticTransport>);

}  // namespace busmark

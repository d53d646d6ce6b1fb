// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "busmark/core/clock.hpp"
#include "busmark/core/histogram.hpp"
#include "busmark/core/interval_recorder.hpp"
#include "busmark/engine/pacer.hpp"
#include "busmark/engine/phase.hpp"
#include "busmark/engine/sequence_audit.hpp"
#include "busmark/engine/silences.hpp"
#include "busmark/engine/stage_books.hpp"
#include "busmark/transport/transport.hpp"
#include "busmark/workload/scenario.hpp"

namespace busmark {

/// What one worker is told. Copied to its own stack before the gate opens.
struct WorkerTask {
  Clock clock;
  Window window;
  WaitStrategy wait = WaitStrategy::spin;
  OnFull on_full = OnFull::block;
  std::uint32_t index = 0;  ///< Among the producers or among the consumers.
  std::uint32_t batch = 1;
  bool checksum = false;
  bool touch_payload = false;        ///< Payloads lie outside the message and must be read.
  std::uint64_t sequence_limit = 0;  ///< A producer stops before this sequence number.
  std::int64_t late_after = 0;  ///< Ticks behind its due time from which a send counts as late.
  std::int64_t work = 0;        ///< Ticks for which a consumer is busy with each message.
};

/// What one producer did. Counts are of messages due in the measured window unless said otherwise.
struct ProducerRecord {
  Histogram pacing;             ///< sent - due, nanoseconds; open loop only.
  std::uint64_t published = 0;  ///< Messages it tried to send: accepted or refused.
  std::uint64_t refused = 0;
  std::uint64_t late = 0;
  std::uint64_t first_measured = 0;  ///< Sequence number of the first message of the window.
  std::uint64_t abandoned = 0;       ///< Given up where it should have waited; some may have it.
  std::uint64_t accepted = 0;        ///< Warm-up included: sequence numbers are 0 .. accepted - 1.
  std::uint64_t overdue = 0;         ///< Sent only after the window's end and a grace.
  std::int64_t ended = 0;            ///< Ticks: when it stopped sending, retries included.
  StageProduction stages;            ///< Of a load in stages alone.
  bool cut_short = false;     ///< Stopped, or out of sequence numbers, before the window's end.
  std::int64_t next_due = 0;  ///< Ticks; below the window's end when messages stayed unsent.
};

/// What one receiver saw. One writer: the thread that receives.
struct ConsumerRecord {
  explicit ConsumerRecord(std::span<const std::uint64_t> sequence_limits,
                          std::span<AuditWindow* const> windows = {})
      : audit(sequence_limits, windows) {}
  virtual ~ConsumerRecord() = default;
  ConsumerRecord(const ConsumerRecord&) = delete;
  ConsumerRecord& operator=(const ConsumerRecord&) = delete;

  IntervalRecorder<> response;  ///< received - due, nanoseconds, measured window.
  IntervalRecorder<> service;   ///< received - sent; open loop only.
  SequenceAudit audit;
  std::uint64_t received = 0;         ///< Warm-up included.
  std::uint64_t clock_backwards = 0;  ///< Messages received "before" they were sent.
  std::int64_t worst_backwards_ns = 0;
  std::int64_t last_received = 0;  ///< Ticks.
  std::uint64_t passed_on = 0;     ///< By a relay; warm-up included.
  std::uint64_t dropped = 0;       ///< Discarded before they reached it; warm-up included.
  bool gave_up = false;            ///< The drain's deadline came before the last message.
  Silences silences;               ///< Armed where a fault is measured.
};

/// Of a final receiver of a load in stages, which books each message by its stage as well.
struct StagedRecord : ConsumerRecord {
  StagedRecord(std::span<const std::uint64_t> sequence_limits, const StageGrid& grid,
               std::span<AuditWindow* const> windows = {})
      : ConsumerRecord(sequence_limits, windows), stages(grid) {}

  StageReception stages;
};

/// What a producer does while it waits: nothing else. AnsweringPause has the same members.
struct PlainPause {
  static constexpr bool kOpenLoop = true;  ///< Kinds of load that it serves.
  static constexpr bool kStaged = true;
  static constexpr bool kSaturated = true;
  /// Before a message, until its due time; returns the time then, earlier when stopped.
  static std::int64_t until(std::int64_t due, const WorkerTask& task,
                            const StopFlag& stop) noexcept {
    return wait_until(due, task.clock, task.wait, stop);
  }
  /// Between two tries.
  static void while_full(const WorkerTask& task) noexcept { idle(task.wait); }
  /// Under saturation, before every batch.
  static void before_send(const WorkerTask& /*task*/) noexcept {}
};

/// Sends what is in `messages` until all are in, the policy gives them up or the deadline is over.
/// Returns how many were accepted, always a prefix.
template <Publisher P, typename Pause>
std::size_t publish_all(P& publisher, std::span<Message> messages, const PayloadPattern& payload,
                        const WorkerTask& task, const StopFlag& stop, Pause& pause) noexcept {
  std::size_t done = 0;
  while (true) {
    if (messages.size() == 1) {
      done = publisher.try_publish(messages[0], payload) ? 1 : 0;
    } else {
      done += publisher.try_publish_bulk(messages.data() + done, messages.size() - done, payload);
    }
    if (done == messages.size()) return done;
    if (task.on_full != OnFull::block || stop.load(std::memory_order_relaxed) ||
        task.clock.now() >= task.window.give_up) {
      publisher.abandon(messages.data() + done, messages.size() - done);
      return done;
    }
    pause.while_full(task);
  }
}

/// Fills and sends up to one batch of messages; keeps the books of one producer.
template <Publisher P>
class Sender {
 public:
  Sender(P& publisher, const PayloadPattern& payload, const WorkerTask& task, const StopFlag& stop,
         std::span<Message> buffer, ProducerRecord& record) noexcept
      : publisher_(publisher),
        payload_(payload),
        task_(task),
        stop_(stop),
        buffer_(buffer),
        record_(record) {}

  [[nodiscard]] std::uint64_t next_sequence() const noexcept { return sequence_ + filled_; }

  /// The messages that the next send() will take.
  [[nodiscard]] std::span<const Message> filled() const noexcept { return buffer_.first(filled_); }

  void add(std::int64_t due, std::int64_t now) noexcept {
    Message& message = buffer_[filled_];
    message.due = due;
    message.sent = now;
    message.sequence = next_sequence();
    message.producer = task_.index;
    message.size = payload_.size();
    message.checksum = task_.checksum ? payload_.checksum(message.sequence) : 0;
    message.slot = nullptr;
    ++filled_;
    measured_ += task_.window.measured(due) ? 1U : 0U;
  }

  template <typename Pause>
  void send(Pause& pause) noexcept {
    const std::size_t sent =
        publish_all(publisher_, buffer_.first(filled_), payload_, task_, stop_, pause);
    // Due times rise within a batch, so the measured messages are its last ones.
    const std::size_t before_window = filled_ - measured_;
    if (measured_ != 0 && record_.published == 0) {
      record_.first_measured = sequence_ + std::min(sent, before_window);
    }
    record_.published += measured_;
    record_.refused += filled_ - std::max(sent, before_window);
    if (task_.on_full == OnFull::block) record_.abandoned += filled_ - sent;
    sequence_ += sent;  // a refused message gives its sequence number back
    record_.accepted = sequence_;
    filled_ = 0;
    measured_ = 0;
  }

 private:
  P& publisher_;
  const PayloadPattern& payload_;
  const WorkerTask& task_;
  const StopFlag& stop_;
  std::span<Message> buffer_;
  ProducerRecord& record_;
  std::uint64_t sequence_ = 0;
  std::size_t filled_ = 0;
  std::size_t measured_ = 0;
};

/// Behind the window's end a message of it may still be late by this: 1 % of the window, which is
/// the tolerance of the rate, but at least 5 ms, so that a stall at the very end is no missed rate.
inline std::int64_t grace(const WorkerTask& task) noexcept {
  return std::max((task.window.end - task.window.measure) / 100,
                  task.clock.to_ticks(std::chrono::milliseconds(5)));
}

/// Open loop: every message leaves when it is due, or at once when that moment has passed.
///
/// `books` counts by stage where the load has any. This and the other two loops are each one
/// function, to be found by name in a listing, with all work per message inside. Without `flatten`
/// g++ keeps calls to record() or poll(), where it likes.
template <Publisher P, typename Schedule, typename Pause = PlainPause,
          typename Books = NoStageBookkeeper>
[[gnu::noinline, gnu::flatten]] void produce_open_loop(Schedule schedule, Sender<P> sender,
                                                       const WorkerTask& task, const StopFlag& stop,
                                                       Progress& progress, ProducerRecord& record,
                                                       Pause pause = {},
                                                       Books books = {}) noexcept {
  const std::int64_t overdue_after = task.window.end + grace(task);
  std::int64_t due = schedule.next();
  while (due < task.window.end && !stop.load(std::memory_order_relaxed)) {
    const std::int64_t now = pause.until(due, task, stop);
    if (now >= task.window.give_up || now < due) break;
    for (std::uint32_t i = 0; i < task.batch && due <= now && due < task.window.end; ++i) {
      if (sender.next_sequence() >= task.sequence_limit) break;
      sender.add(due, now);
      due = schedule.next();
    }
    const std::span<const Message> batch = sender.filled();
    if (batch.empty()) break;  // no sequence number is left
    const std::uint64_t before = record.accepted;
    sender.send(pause);
    // The messages are on their way before their lag is booked; what they hold stands here still.
    for (const Message& message : batch) {
      if (!task.window.measured(message.due)) continue;
      const std::int64_t lag = now - message.due;
      record.pacing.record(static_cast<std::uint64_t>(task.clock.to_nanoseconds(lag)));
      record.late += lag > task.late_after ? 1 : 0;
      record.overdue += now > overdue_after ? 1 : 0;
    }
    books.book(batch, record.accepted - before, now);
    progress.set(record.accepted);
  }
  record.next_due = due;
  record.ended = task.clock.now();
  record.cut_short = due < task.window.end && record.ended < task.window.end;
}

/// Saturation: as fast as the transport takes them; a message is due when it is made.
template <Publisher P, typename Pause = PlainPause>
[[gnu::noinline, gnu::flatten]] void produce_saturated(Sender<P> sender, const WorkerTask& task,
                                                       const StopFlag& stop, Progress& progress,
                                                       ProducerRecord& record,
                                                       Pause pause = {}) noexcept {
  while (!stop.load(std::memory_order_relaxed)) {
    pause.before_send(task);
    const std::int64_t now = task.clock.now();
    if (now >= task.window.end) break;
    if (sender.next_sequence() + task.batch > task.sequence_limit) break;
    for (std::uint32_t i = 0; i < task.batch; ++i) sender.add(now, now);
    sender.send(pause);
    progress.set(record.accepted);
  }
  record.next_due = task.window.end;
  record.ended = task.clock.now();
  record.cut_short = record.ended < task.window.end;
}

/// What a receiver needs to know of the others to tell when all is over.
struct DrainState {
  const ProductionEnd& production;
  std::span<const Progress> audience;      ///< All that share its messages, itself included.
  std::optional<std::uint64_t> own_due{};  ///< It waits for so many, not for all there are.
  /// What was sent is there to be taken: once sending is over, an empty poll is the end.
  bool empty_is_end = false;

  [[nodiscard]] bool complete() const noexcept {
    std::uint64_t received = 0;
    for (const Progress& receiver : audience) received += receiver.get();
    return received >= (own_due ? *own_due : production.accepted.load(std::memory_order_relaxed));
  }
};

/// Longest time that a parked thread sleeps without a look around.
inline constexpr Nanoseconds kLongestSleep = std::chrono::milliseconds(1);

/// Messages that were discarded on their way to a subscription, where it tells.
template <Subscription S>
std::uint64_t dropped_before(const S& subscription) noexcept {
  if constexpr (requires { subscription.dropped(); }) {
    return subscription.dropped();
  } else {
    return 0;
  }
}

/// The end of a message at its receiver: a relay passes it on, everybody else lets it go.
template <Subscription S, typename Record>
void settle(S& subscription, const Message& message, const WorkerTask& task,
            Record& record) noexcept {
  if constexpr (Relay<S>) {
    Message next = message;
    while (!subscription.try_pass_on(next)) {
      if (task.clock.now() >= task.window.give_up) return subscription.release(next);
      idle(task.wait);
    }
    ++record.passed_on;
  } else {
    subscription.release(message);
  }
}

/// One received message: audit, latency, payload. `now` was taken when the poll returned.
template <bool kOpenLoop, Subscription S, typename Record>
void receive(S& subscription, const Message& message, std::int64_t now, const WorkerTask& task,
             Record& record) noexcept {
  record.audit.observe(message.producer, message.sequence);
  if (task.window.measured(message.due)) {
    std::int64_t response = task.clock.to_nanoseconds(now - message.due);
    if constexpr (kOpenLoop) {
      std::int64_t service = task.clock.to_nanoseconds(now - message.sent);
      if (service < 0) [[unlikely]] {
        ++record.clock_backwards;
        record.worst_backwards_ns = std::min(record.worst_backwards_ns, service);
        service = 0;
        response = std::max<std::int64_t>(response, 0);
      }
      record.service.record(static_cast<std::uint64_t>(service));
    } else if (response < 0) [[unlikely]] {
      ++record.clock_backwards;
      record.worst_backwards_ns = std::min(record.worst_backwards_ns, response);
      response = 0;
    }
    record.response.record(static_cast<std::uint64_t>(response));
    if constexpr (requires { record.stages; }) {
      record.stages.note(message.due - task.window.measure, static_cast<std::uint64_t>(response));
    }
  }
  if (task.checksum) {
    if (payload_checksum(subscription.payload(message)) != message.checksum) {
      record.audit.count_corrupt();
    }
  } else if (task.touch_payload) {
    const std::uint64_t sum = touch_payload(subscription.payload(message));
    asm volatile("" ::"r"(sum));
  }
  settle(subscription, message, task, record);
}

/// What one poll has brought.
template <bool kOpenLoop, Subscription S, typename Record>
void receive_all(S& subscription, std::span<const Message> messages, const WorkerTask& task,
                 Progress& progress, Record& record) noexcept {
  std::int64_t now = task.clock.now_after_loads();
  for (const Message& message : messages) {
    receive<kOpenLoop>(subscription, message, now, task, record);
    // What is behind it in the same batch has to wait, so it counts as received only then.
    if (task.work != 0) [[unlikely]]
      now = be_busy(task.clock, task.work);
  }
  if constexpr (requires { record.silences; }) record.silences.note(record.last_received, now);
  record.received += messages.size();
  record.last_received = now;
  progress.set(record.received);
}

/// Takes messages until the producers are done and all has come, or until the drain's deadline.
/// `Record` is ConsumerRecord, or in tests a broken one.
template <bool kOpenLoop, Subscription S, typename Record>
[[gnu::noinline, gnu::flatten]] void consume(S& subscription, std::span<Message> buffer,
                                             const WorkerTask& task, const DrainState& drain,
                                             Progress& progress, Record& record) noexcept {
  constexpr std::uint32_t kTurnsPerClockRead = 64;
  std::uint32_t idle_turns = 0;
  bool producing = true;
  std::int64_t deadline = task.window.give_up;
  const std::int64_t last_chance = task.window.give_up + task.window.give_up - task.window.end;
  while (true) {
    const std::size_t count =
        task.wait == WaitStrategy::park
            ? subscription.poll_or_park(buffer.data(), buffer.size(), kLongestSleep)
            : subscription.poll(buffer.data(), buffer.size());
    if (count != 0) {
      receive_all<kOpenLoop>(subscription, buffer.first(count), task, progress, record);
      // A backlog may take as long again as the drain; what never ends is no backlog.
      if (record.last_received >= last_chance) [[unlikely]] {
        record.gave_up = true;
        return;
      }
      continue;
    }
    record.response.poll();
    record.service.poll();
    if (drain.production.over()) {
      if (!producing && drain.empty_is_end) return;
      if (producing) {
        // A run that was stopped early drains no longer than any other.
        producing = false;
        deadline = std::min(deadline, task.clock.now() + task.window.give_up - task.window.end);
      }
      // A duplicate stands for no other message: what is still on its way is waited for.
      progress.set(record.received - record.audit.duplicated() + dropped_before(subscription));
      if (drain.complete()) return;
    }
    // Far behind the end of the window a producer or a message is gone for good. The clock is read
    // seldom: it would make up a third of an idle turn, and turns are how soon a message is seen.
    if (++idle_turns % kTurnsPerClockRead == 0 && task.clock.now() >= deadline) {
      record.gave_up = true;
      return;
    }
    idle(task.wait);
  }
}

}  // namespace busmark

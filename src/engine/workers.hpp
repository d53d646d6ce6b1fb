// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "engine/books/worker_records.hpp"
#include "engine/pacer.hpp"
#include "engine/sender.hpp"

namespace busmark {

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
  /// Under saturation, before every batch; false: nothing is to be sent any more.
  static bool before_send(const WorkerTask& /*task*/, const StopFlag& /*stop*/) noexcept {
    return true;
  }
};

/// The same over an endpoint that is asked from time to time whether it lives, and has to answer:
/// `P::keep_alive()`, which takes no longer than a system call that does not block.
template <typename P>
class AttentivePause : public PlainPause {
 public:
  explicit AttentivePause(P& publisher) noexcept : publisher_(&publisher) {}

  std::int64_t until(std::int64_t due, const WorkerTask& task, const StopFlag& stop) noexcept {
    const std::int64_t between = task.clock.to_ticks(std::chrono::milliseconds(20));
    while (true) {
      const std::int64_t look = looked_ + between;
      const std::int64_t now = wait_until(std::min(due, look), task.clock, task.wait, stop);
      if (now >= due || now < look) return now;
      // A message that is due within the next millisecond is not kept waiting.
      if (due - now > between / 20) publisher_->keep_alive();
      looked_ = now;
    }
  }

 private:
  P* publisher_;
  std::int64_t looked_ = 0;
};

/// What a producer over `publisher` does while it waits.
template <typename P>
auto pause_of(P& publisher) noexcept {
  if constexpr (requires { publisher.keep_alive(); }) {
    return AttentivePause<P>(publisher);
  } else {
    return PlainPause{};
  }
}

/// Behind the window's end a message of it may still be late by this: 1 % of the window, which is
/// the tolerance of the rate, but at least 5 ms, so that a stall at the very end is no missed rate.
inline std::int64_t grace(const WorkerTask& task) noexcept {
  return std::max((task.window.end - task.window.measure) / 100,
                  task.clock.to_ticks(std::chrono::milliseconds(5)));
}

/// Whether a message of the window that leaves at `now` is beyond that, too.
inline bool is_overdue(std::int64_t now, const WorkerTask& task) noexcept {
  return now > task.window.end && now > task.window.end + grace(task);
}

/// Open loop: every message leaves when it is due, or at once when that moment has passed. All that
/// can be known of it is made before, and so is the next due time: between its stamp, which is the
/// look at the clock that found it due, and the transport stands hardly more than a store. Several
/// that are due together are stamped when their batch is complete.
///
/// `books` counts by stage where the load has any. This and the other two loops are each one
/// function, to be found by name in a listing, with all work per message inside. Without `flatten`
/// g++ keeps calls to record() or poll(), where it likes.
template <Publisher P, typename Payloads, typename Schedule, typename Pause = PlainPause,
          typename Books = NoStageBookkeeper>
[[gnu::noinline, gnu::flatten]] void produce_open_loop(
    Schedule schedule, Sender<P, Payloads> sender, const WorkerTask& task, const StopFlag& stop,
    Progress& progress, ProducerRecord& record, Pause pause = {}, Books books = {}) noexcept {
  std::int64_t due = schedule.next();
  while (due < task.window.end && !stop.load(std::memory_order_relaxed)) {
    if (sender.next_sequence() >= task.sequence_limit) break;
    sender.add(due);
    const std::int64_t following = schedule.next();
    std::int64_t now = pause.until(due, task, stop);
    if (now >= task.window.give_up || now < due) break;
    due = following;
    for (std::uint32_t i = 1; i < task.batch && due <= now && due < task.window.end; ++i) {
      if (sender.next_sequence() >= task.sequence_limit) break;
      sender.add(due);
      due = schedule.next();
    }
    if (sender.filled().size() > 1) now = task.clock.now();
    const std::span<const Message> batch = sender.filled();
    const std::uint64_t before = record.accepted;
    sender.send(now, pause);
    // The messages are on their way before their lag is booked; what they hold stands here still.
    for (const Message& message : batch) {
      if (!task.window.measured(message.due)) {
        const auto place = static_cast<std::uint64_t>(&message - batch.data());
        record.backlog += task.window.measured(now) && place < record.accepted - before ? 1U : 0U;
        continue;
      }
      const std::int64_t lag = now - message.due;
      record.pacing.record(static_cast<std::uint64_t>(task.clock.to_nanoseconds(lag)));
      record.late += lag > task.late_after ? 1 : 0;
      record.overdue += is_overdue(now, task) ? 1U : 0U;
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
    if (!pause.before_send(task, stop)) break;
    const std::int64_t now = task.clock.now();
    if (now >= task.window.end) break;
    if (sender.next_sequence() + task.batch > task.sequence_limit) break;
    for (std::uint32_t i = 0; i < task.batch; ++i) sender.add(now);
    sender.send(now, pause);
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

/// One received message but for its end: audit, latency, payload. `now` was taken when the poll
/// returned.
template <bool kOpenLoop, Subscription S, typename Record>
void receive(S& subscription, const Message& message, std::int64_t now, const WorkerTask& task,
             Record& record) noexcept {
  [[maybe_unused]] bool first = true;
  if constexpr (requires { record.stages; }) {
    first = record.audit.observe(message.producer, message.sequence);
  } else {
    record.audit.observe(message.producer, message.sequence);
  }
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
    if constexpr (requires { record.slow; }) record.slow.note(message, now);
    if constexpr (requires { record.stages; }) {
      record.stages.note(message, message.due - task.window.measure,
                         static_cast<std::uint64_t>(response), first);
    }
  } else if constexpr (requires { record.warmup; }) {
    if (record.warmup != nullptr) [[unlikely]] {
      record.warmup->note(task.clock.to_nanoseconds(now - message.due));
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
      now = be_busy(task.clock, task.work_of(message));
    settle(subscription, message, task, record);
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
  std::int64_t deadline = std::numeric_limits<std::int64_t>::max();  // beside that of the window
  while (true) {
    const std::size_t count =
        task.wait == WaitStrategy::park
            ? subscription.poll_or_park(buffer.data(), buffer.size(), kLongestSleep)
            : subscription.poll(buffer.data(), buffer.size());
    if (count != 0) {
      receive_all<kOpenLoop>(subscription, buffer.first(count), task, progress, record);
      // A backlog may take as long again as the drain; what never ends is no backlog.
      if (record.last_received >= task.window.give_up) [[unlikely]] {
        const std::int64_t last_chance =
            task.window.give_up + task.window.give_up - task.window.end;
        if (record.last_received >= last_chance) {
          record.gave_up = true;
          return;
        }
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
        deadline = task.clock.now() + task.window.give_up - task.window.end;
      }
      // A duplicate stands for no other message: what is still on its way is waited for.
      progress.set(record.received - record.audit.duplicated() + dropped_before(subscription));
      if (drain.complete()) return;
    }
    // Far behind the end of the window a producer or a message is gone for good. The clock is read
    // seldom: it would make up a third of an idle turn, and turns are how soon a message is seen.
    if (++idle_turns % kTurnsPerClockRead == 0) {
      record.audit.settle();
      if (task.clock.now() >= std::min<std::int64_t>(deadline, task.window.give_up)) {
        record.gave_up = true;
        return;
      }
    }
    idle(task.wait);
  }
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "busmark/bus/payload_pattern.hpp"

#include "engine/books/worker_records.hpp"

namespace busmark {

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

/// All messages have the same payload.
class OnePayload {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a pattern is all there is to it.
  OnePayload(const PayloadPattern& pattern) noexcept : pattern_(pattern) {}

  [[nodiscard]] const PayloadPattern& of(const Message& /*message*/) const noexcept {
    return pattern_;
  }
  /// Transports choose the subject.
  static void address(Message& /*message*/) noexcept {}
  /// `corrupt`: with the payloads that the task has for it.
  template <Publisher P, typename Pause>
  std::size_t publish(P& publisher, std::span<Message> messages, bool corrupt,
                      const WorkerTask& task, const StopFlag& stop, Pause& pause) const noexcept;

 private:
  const PayloadPattern& pattern_;
};

/// The payloads of one producer, one of each size. Immutable after construction.
struct PayloadPatterns {
  PayloadPatterns(const Scenario& scenario, std::uint64_t seed);

  std::vector<PayloadPattern> sizes;
  std::array<std::uint8_t, kMostClasses> of_class{};  ///< Index into `sizes`.

  /// The same with a wrong bit in each.
  [[nodiscard]] PayloadPatterns corrupted() const;
};

template <Publisher P, typename Pause>
std::size_t OnePayload::publish(P& publisher, std::span<Message> messages, bool corrupt,
                                const WorkerTask& task, const StopFlag& stop,
                                Pause& pause) const noexcept {
  const PayloadPattern& payload = corrupt ? task.corruption.broken->sizes.front() : pattern_;
  return publish_all(publisher, messages, payload, task, stop, pause);
}

/// Messages of a mix. A transport takes one size at a time, so they go in runs of the same one.
class ClassPayloads {
 public:
  /// Both must outlive it.
  ClassPayloads(const PayloadPatterns& patterns, const StageGrid& grid) noexcept
      : patterns_(patterns), grid_(grid) {}

  /// Producer, sequence and due time must be known.
  [[nodiscard]] const PayloadPattern& of(const Message& message) const noexcept {
    return of(message, patterns_);
  }
  /// Names the subject where the classes have their own.
  void address(Message& message) const noexcept {
    if (grid_.subjects.empty()) return;
    message.subject =
        grid_.subjects[grid_.class_of(message)].of(message.producer, message.sequence);
  }
  template <Publisher P, typename Pause>
  std::size_t publish(P& publisher, std::span<Message> messages, bool corrupt,
                      const WorkerTask& task, const StopFlag& stop, Pause& pause) const noexcept {
    const PayloadPatterns& patterns = corrupt ? *task.corruption.broken : patterns_;
    std::size_t done = 0;
    while (done < messages.size()) {
      const std::size_t run = run_length(messages.subspan(done));
      const PayloadPattern& payload = of(messages[done], patterns);
      const std::size_t sent =
          publish_all(publisher, messages.subspan(done, run), payload, task, stop, pause);
      done += sent;
      if (sent != run) break;
    }
    return done;
  }

 private:
  [[nodiscard]] const PayloadPattern& of(const Message& message,
                                         const PayloadPatterns& patterns) const noexcept {
    if (patterns.sizes.size() == 1) return patterns.sizes[0];
    return patterns.sizes[patterns.of_class[grid_.class_of(message)]];
  }
  [[nodiscard]] std::size_t run_length(std::span<const Message> messages) const noexcept {
    if (patterns_.sizes.size() == 1) return messages.size();
    std::size_t length = 1;
    while (length < messages.size() && messages[length].size == messages[0].size) ++length;
    return length;
  }

  const PayloadPatterns& patterns_;
  const StageGrid& grid_;
};

/// Fills and sends up to one batch of messages; keeps the books of one producer.
template <Publisher P, typename Payloads = OnePayload>
class Sender {
 public:
  Sender(P& publisher, Payloads payloads, const WorkerTask& task, const StopFlag& stop,
         std::span<Message> buffer, ProducerRecord& record) noexcept
      : publisher_(publisher),
        payloads_(payloads),
        task_(task),
        stop_(stop),
        buffer_(buffer),
        record_(record) {}

  [[nodiscard]] std::uint64_t next_sequence() const noexcept { return sequence_ + filled_; }

  /// The messages that the next send() will take.
  [[nodiscard]] std::span<const Message> filled() const noexcept { return buffer_.first(filled_); }

  /// All of the next message but its stamp, which may be made long before it is due.
  void add(std::int64_t due) noexcept {
    Message& message = buffer_[filled_];
    message.due = due;
    message.sequence = next_sequence();
    message.producer = static_cast<std::uint16_t>(task_.index);
    const PayloadPattern& payload = payloads_.of(message);
    message.size = payload.size();
    message.checksum = task_.checksum ? payload.checksum(message.sequence) : 0;
    message.slot = nullptr;
    payloads_.address(message);
    if (filled_ == 0) corrupt_ = task_.corruption.covers(message);
    ++filled_;
  }

  /// Hands over what was added, stamped with `now`, which was read just before.
  template <typename Pause>
  void send(std::int64_t now, Pause& pause) noexcept {
    for (Message& message : buffer_.first(filled_)) message.sent = now;
    const std::size_t sent =
        payloads_.publish(publisher_, buffer_.first(filled_), corrupt_, task_, stop_, pause);
    if (corrupt_) [[unlikely]]
      record_.corrupted += sent;
    const std::size_t before_window = before_measured();
    const std::size_t measured = filled_ - before_window;
    if (measured != 0 && record_.published == 0) [[unlikely]] {
      record_.first_measured = sequence_ + std::min(sent, before_window);
      if (record_.audits_from != nullptr) {
        record_.audits_from->store(record_.first_measured, std::memory_order_relaxed);
      }
    }
    record_.published += measured;
    record_.refused += filled_ - std::max(sent, before_window);
    if (task_.on_full == OnFull::block) record_.abandoned += filled_ - sent;
    sequence_ += sent;  // a refused message gives its sequence number back
    record_.accepted = sequence_;
    filled_ = 0;
  }

 private:
  /// Due times rise within a batch, so the measured messages are its last ones.
  [[nodiscard]] std::size_t before_measured() const noexcept {
    if (task_.window.measured(buffer_.front().due)) return 0;
    std::size_t before = filled_;
    while (before > 0 && task_.window.measured(buffer_[before - 1].due)) --before;
    return before;
  }

  P& publisher_;
  Payloads payloads_;
  const WorkerTask& task_;
  const StopFlag& stop_;
  std::span<Message> buffer_;
  ProducerRecord& record_;
  std::uint64_t sequence_ = 0;
  std::size_t filled_ = 0;
  bool corrupt_ = false;  ///< What is filled gets a wrong bit.
};

template <Publisher P>
Sender(P&, const PayloadPattern&, const WorkerTask&, const StopFlag&, std::span<Message>,
       ProducerRecord&) -> Sender<P, OnePayload>;

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "busmark/engine/workers.hpp"

namespace busmark {

/// What a requester does while it waits to send: it takes the answers to what it has sent. It looks
/// once before every request, however late that is, or two full inboxes could wait for each other.
template <bool kAtRate, Requester R, typename Record>
class AnsweringPause {
 public:
  static constexpr bool kStaged = kAtRate && requires(Record & record) { record.stages; };
  static constexpr bool kOpenLoop = kAtRate && !kStaged;
  static constexpr bool kSaturated = !kAtRate;

  AnsweringPause(R& endpoint, std::span<Message> buffer, Progress& progress,
                 Record& record) noexcept
      : endpoint_(endpoint), buffer_(buffer), progress_(progress), record_(record) {}

  std::int64_t until(std::int64_t due, const WorkerTask& task, const StopFlag& stop) noexcept {
    while (true) {
      const bool answered = take(task);
      const std::int64_t now = task.clock.now();
      if (now >= due || stop.load(std::memory_order_relaxed)) return now;
      if (answered) continue;
      if (task.wait == WaitStrategy::park) {
        park(task, task.clock.duration(due - now));
      } else {
        idle(task.wait);
      }
    }
  }
  void while_full(const WorkerTask& task) noexcept {
    if (!take(task)) idle(task.wait);
  }
  void before_send(const WorkerTask& task) noexcept { take(task); }

 private:
  bool take(const WorkerTask& task) noexcept {
    const std::size_t count = endpoint_.poll(buffer_.data(), buffer_.size());
    if (count == 0) {
      record_.response.poll();
      record_.service.poll();
      return false;
    }
    receive_all<kAtRate>(endpoint_, buffer_.first(count), task, progress_, record_);
    return true;
  }
  void park(const WorkerTask& task, Nanoseconds longest) noexcept {
    const std::size_t count =
        endpoint_.poll_or_park(buffer_.data(), buffer_.size(), std::min(longest, kLongestSleep));
    if (count != 0) {
      receive_all<kAtRate>(endpoint_, buffer_.first(count), task, progress_, record_);
    }
  }

  R& endpoint_;
  std::span<Message> buffer_;
  Progress& progress_;
  Record& record_;
};

}  // namespace busmark

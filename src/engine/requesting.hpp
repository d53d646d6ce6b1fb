// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "engine/user_crowd.hpp"
#include "engine/workers.hpp"

namespace busmark {

/// What a requester does while it waits to send: it takes the answers to what it has sent. It looks
/// once before every request, however late that is, or two full inboxes could wait for each other.
/// With users, a request is sent when one of them wants to.
template <bool kAtRate, Requester R, typename Record>
class AnsweringPause {
 public:
  static constexpr bool kStaged = kAtRate && requires(Record & record) { record.stages; };
  static constexpr bool kOpenLoop = kAtRate && !kStaged;
  static constexpr bool kSaturated = !kAtRate;

  AnsweringPause(R& endpoint, std::span<Message> buffer, Progress& progress, Record& record,
                 UserCrowd* users) noexcept
      : endpoint_(endpoint), buffer_(buffer), progress_(progress), record_(record), users_(users) {}

  std::int64_t until(std::int64_t due, const WorkerTask& task, const StopFlag& stop) noexcept {
    Nanoseconds sleep{};
    while (true) {
      const bool answered = take(task, sleep);
      const std::int64_t now = task.clock.now();
      if (now >= due || stop.load(std::memory_order_relaxed)) return now;
      sleep = answered ? Nanoseconds(0) : rest(due - now, task);
    }
  }
  void while_full(const WorkerTask& task) noexcept {
    if (!take(task)) idle(task.wait);
  }
  bool before_send(const WorkerTask& task, const StopFlag& stop) noexcept {
    if constexpr (kSaturated) {
      if (users_ != nullptr) users_->begin(task.window.start);
    }
    Nanoseconds sleep{};
    while (true) {
      const bool answered = take(task, sleep);
      if (users_ == nullptr) return true;
      const std::int64_t now = task.clock.now();
      if (now >= task.window.end || stop.load(std::memory_order_relaxed)) return false;
      if (users_->next_due() <= now) {
        users_->send(task, now);
        return true;
      }
      const std::int64_t due = std::min<std::int64_t>(users_->next_due(), task.window.end);
      sleep = answered ? Nanoseconds(0) : rest(due - now, task);
    }
  }

 private:
  /// Idles for a moment, or returns for how long to sleep in the next look.
  static Nanoseconds rest(std::int64_t ticks, const WorkerTask& task) noexcept {
    if (task.wait == WaitStrategy::park) {
      return std::min(task.clock.duration(ticks), kLongestSleep);
    }
    idle(task.wait);
    return {};
  }
  void book(std::size_t count, const WorkerTask& task) noexcept {
    receive_all<kAtRate>(endpoint_, buffer_.first(count), task, progress_, record_);
    if constexpr (kSaturated) {
      if (users_ != nullptr) users_->answered(count, task.window, task.clock.now());
    }
  }
  /// Looks for answers once, or sleeps until there are some, for at most as long as that. One
  /// function, with all work per answer inside, and not three copies in each loop that waits.
  [[gnu::noinline, gnu::flatten]] bool take(const WorkerTask& task,
                                            Nanoseconds sleep = {}) noexcept {
    const std::size_t count = sleep.count() > 0
                                  ? endpoint_.poll_or_park(buffer_.data(), buffer_.size(), sleep)
                                  : endpoint_.poll(buffer_.data(), buffer_.size());
    if (count == 0) {
      record_.response.poll();
      record_.service.poll();
      return false;
    }
    book(count, task);
    return true;
  }

  R& endpoint_;
  std::span<Message> buffer_;
  Progress& progress_;
  Record& record_;
  UserCrowd* users_;  ///< Null without users.
};

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "engine/books/worker_records.hpp"
#include "engine/schedule.hpp"
#include "record/load.hpp"

namespace busmark {

/// Thinking times in ticks; the same seed gives the same ones.
class ThinkTimes {
 public:
  ThinkTimes(const Think& think, double ticks_per_second, std::uint32_t producer,
             std::uint64_t seed) noexcept
      : shape_(think.shape),
        low_(static_cast<double>(think.low.count()) * ticks_per_second / 1e9),
        span_(static_cast<double>((think.high - think.low).count()) * ticks_per_second / 1e9),
        draws_(producer, seed) {}

  [[nodiscard]] std::int64_t next() noexcept {
    switch (shape_) {
      case ThinkShape::constant: break;
      case ThinkShape::uniform: return static_cast<std::int64_t>(low_ + span_ * draws_.uniform());
      case ThinkShape::exponential: return static_cast<std::int64_t>(low_ * draws_.next());
    }
    return static_cast<std::int64_t>(low_);
  }
  /// A share of the mean, so that users do not begin all at once.
  [[nodiscard]] std::int64_t first() noexcept {
    const double mean = shape_ == ThinkShape::uniform ? low_ + span_ / 2 : low_;
    return static_cast<std::int64_t>(mean * draws_.uniform());
  }

 private:
  ThinkShape shape_;
  double low_;
  double span_;
  UnitExponentials draws_;
};

/// The users of a closed loop that one producer acts for. Each sends a request, awaits the answer,
/// thinks and sends the next. They are all alike, so no answer needs to find its own: whoever waits
/// is free when one comes. All memory is taken in the constructor; one thread.
class UserCrowd {
 public:
  /// `record` must outlive it.
  UserCrowd(std::uint32_t users, const ThinkTimes& think, ProducerRecord& record)
      : due_(users), think_(think), record_(&record) {}

  /// The first requests, spread over the mean thinking time.
  void begin(std::int64_t start) noexcept {
    if (begun_) return;
    begun_ = true;
    for (std::size_t i = 0; i < due_.size(); ++i) add(start + think_.first());
  }
  /// So many of them have their answer and think from `now` on.
  void answered(std::size_t count, const Window& window, std::int64_t now) noexcept {
    for (; count != 0 && thinking_ < due_.size(); --count) {
      const std::int64_t thought = think_.next();
      add(now + thought);
      if (!window.measured(now)) continue;
      ++record_->users.thoughts;
      record_->users.thought += thought;
    }
  }
  /// When the next one has thought enough; far away while all await answers.
  [[nodiscard]] std::int64_t next_due() const noexcept {
    return thinking_ == 0 ? std::numeric_limits<std::int64_t>::max() : due_[0];
  }
  /// He sends, at `now`: how long after he wanted to is booked as his producer's lag.
  void send(const WorkerTask& task, std::int64_t now) noexcept {
    const std::int64_t lag = now - due_[0];
    std::pop_heap(due_.data(), due_.data() + thinking_, std::greater<>());
    --thinking_;
    if (!task.window.measured(now)) return;
    record_->pacing.record(static_cast<std::uint64_t>(task.clock.to_nanoseconds(lag)));
  }

 private:
  void add(std::int64_t due) noexcept {
    due_[thinking_++] = due;
    std::push_heap(due_.data(), due_.data() + thinking_, std::greater<>());
  }

  /// Of those who think, a heap with the next one in front; room for all.
  std::vector<std::int64_t> due_;
  std::size_t thinking_ = 0;
  ThinkTimes think_;
  ProducerRecord* record_;
  bool begun_ = false;
};

}  // namespace busmark

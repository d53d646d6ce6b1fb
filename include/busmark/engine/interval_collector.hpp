// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "busmark/core/clock.hpp"
#include "busmark/core/decoded_histogram.hpp"
#include "busmark/core/histogram.hpp"
#include "busmark/core/wait.hpp"
#include "busmark/engine/phase.hpp"

namespace busmark {

struct ConsumerRecord;

/// What all consumers together recorded in one stretch of a repetition, by time of receipt.
struct IntervalResult {
  Nanoseconds start{};  ///< From the start of the measured window.
  Nanoseconds length{};
  DecodedHistogram response{Histogram::shape()};
  DecodedHistogram service{Histogram::shape()};
};

/// Counts the consumers that still run and wakes the collector when the last one is done.
class ConsumerCountdown {
 public:
  explicit ConsumerCountdown(std::uint32_t consumers) : left_(consumers) {}
  void finish() noexcept {
    left_.fetch_sub(1, std::memory_order_acq_rel);  // pairs with the acquire in over()
    event_.notify();
  }
  [[nodiscard]] bool over() const noexcept { return left_.load(std::memory_order_acquire) == 0; }
  /// Sleeps until all are done or `timeout` is over.
  void wait(Nanoseconds timeout) noexcept;

 private:
  std::atomic<std::uint32_t> left_;
  EventCount event_;
};

/// Takes what the consumers have recorded at the end of every interval, on the thread of the
/// runner, which sleeps in between. The consumers themselves swap their histograms: no sample is
/// lost and none counted twice.
class IntervalCollector {
 public:
  IntervalCollector(std::vector<ConsumerRecord*> consumers, const Clock& clock,
                    const Window& window, Nanoseconds interval, bool open_loop);

  /// Returns when every consumer is done. With an interval no shorter than the window it only
  /// waits.
  void collect_until_done(ConsumerCountdown& consumers);
  /// The rest, after the consumers' threads are joined.
  /// `cut_short`: sending ended before the window, and so does the last interval.
  void finish(bool cut_short);

  [[nodiscard]] const Histogram& response() const noexcept { return response_; }
  /// Under saturation the same as response: a message is due when it is sent.
  [[nodiscard]] const Histogram& service() const noexcept {
    return open_loop_ ? service_ : response_;
  }
  [[nodiscard]] std::vector<IntervalResult> take_intervals() noexcept {
    return std::move(intervals_);
  }

 private:
  void collect();
  void close_interval(std::int64_t end);

  std::vector<ConsumerRecord*> consumers_;
  Clock clock_;
  Window window_;
  std::int64_t interval_;  ///< Ticks.
  bool open_loop_;
  std::int64_t interval_start_;
  Histogram response_;
  Histogram service_;
  Histogram interval_response_;
  Histogram interval_service_;
  std::vector<IntervalResult> intervals_;
};

}  // namespace busmark

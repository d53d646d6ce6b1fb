// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"
#include "busmark/base/wait.hpp"
#include "busmark/histogram/decoded.hpp"
#include "busmark/histogram/histogram.hpp"

#include "engine/phase.hpp"
#include "record/repetition.hpp"

namespace busmark {

struct ConsumerRecord;
class Observer;

/// Most sections of one repetition.
inline constexpr std::uint32_t kMostSections = 20;
/// How many a window of `duration` has: none is shorter than 25 ms, and there is one at least.
[[nodiscard]] std::uint32_t section_count(Nanoseconds duration) noexcept;

/// Counts the receivers that still run and wakes the collector when the last one is done.
class ReceiverCountdown {
 public:
  explicit ReceiverCountdown(std::uint32_t receivers) : left_(receivers) {}
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

/// Takes what the receivers have recorded at the end of every interval, on the thread of the
/// runner, which sleeps in between. The receivers themselves swap their histograms: no sample is
/// lost and none counted twice.
class IntervalCollector {
 public:
  /// Intervals and sums are those of the receivers from `first_final` on.
  IntervalCollector(std::vector<ConsumerRecord*> receivers, std::size_t first_final,
                    const Clock& clock, const Window& window, Nanoseconds interval, bool open_loop);

  /// `observer` sees every interval as it is closed, on the thread that collects. May be empty.
  void on_interval(std::function<void(const IntervalResult&)> observer) {
    observer_ = std::move(observer);
  }
  /// Keeps no interval: only the observer sees them, and from here on none takes memory.
  void forget_intervals() {
    forgets_intervals_ = true;
    current_.response.reserve_all();
    current_.service.reserve_all();
  }
  /// Cuts the window into so many sections; before collect_until_done(). 0, as without: none.
  void keep_sections(std::uint32_t count) { sections_wanted_ = count; }
  /// Returns when every receiver is done. With an interval no shorter than the window it only
  /// waits. Between, it lets the observers have their ticks.
  void collect_until_done(ReceiverCountdown& receivers,
                          std::span<const std::unique_ptr<Observer>> observers = {});
  /// The rest, after the receivers' threads are joined.
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
  /// In order of time; none overlap, and together they have every sample. Fewer than wanted where
  /// the collector was woken late: then one is as much longer.
  [[nodiscard]] std::vector<SectionResult> take_sections() noexcept { return std::move(sections_); }
  /// Memory of the intervals and sections that are kept.
  [[nodiscard]] ByteCount kept() const noexcept;
  /// Response of each receiver; none where there is only one.
  [[nodiscard]] std::vector<ReceiverLatency> latencies() const;

 private:
  /// Section ends alone leave the service where it is.
  void collect(bool service);
  void close_interval(std::int64_t end, bool last = false);
  void close_section(std::int64_t end);
  /// When the next section ends that `now` leaves at least half of; never within the last one.
  [[nodiscard]] std::int64_t next_section_end(std::int64_t now) const noexcept;
  /// Books what one receiver had; null: nothing.
  void add(std::size_t receiver, const Histogram* response, const Histogram* service);

  std::vector<ConsumerRecord*> receivers_;
  std::size_t first_final_;
  Clock clock_;
  Window window_;
  std::int64_t interval_;  ///< Ticks.
  bool open_loop_;
  std::int64_t interval_start_;
  Histogram response_;
  Histogram service_;
  Histogram interval_response_;
  Histogram interval_service_;
  std::vector<Histogram> own_response_;  ///< By receiver, where there are several.
  IntervalResult current_;
  std::vector<IntervalResult> intervals_;
  bool forgets_intervals_ = false;
  std::function<void(const IntervalResult&)> observer_;
  std::uint32_t sections_wanted_ = 0;
  std::int64_t section_start_;
  Histogram section_response_;
  std::vector<SectionResult> sections_;
};

}  // namespace busmark

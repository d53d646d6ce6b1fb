// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "busmark/core/theil_sen.hpp"
#include "busmark/core/units.hpp"

namespace busmark {

/// Where a series has got to.
struct Trend {
  double moved = 0;         ///< From begin to end along the line, as a share of the level.
  bool certain = false;     ///< The slope's 95 % interval lies on one side of 0.
  std::size_t windows = 0;  ///< So many of the last ones.
};

/// Whether a warm-up has reached its level: neither its median response time nor, where that is not
/// given, its rate still goes anywhere. Judged over the last half of it, so that a backlog that
/// grows evenly is never taken for a level, by the slope of Theil and Sen: a level that moves by
/// less than kSettled is steady, and one that moves by less than kUncertain is where the slope
/// cannot be told from 0. What jumps to and fro is steady in this sense, for there is nothing to
/// wait for; what jumped once is so as soon as the jump is past.
class SteadyState {
 public:
  static constexpr std::size_t kFewestWindows = 10;
  static constexpr std::size_t kMostWindows = 600;
  static constexpr Nanoseconds kWindow = std::chrono::milliseconds(50);
  /// A window with fewer messages goes on until it has as many: else its median is chance.
  static constexpr std::size_t kFewestSamples = 20;
  static constexpr double kSettled = 0.05;
  static constexpr double kUncertain = 0.20;

  /// `with_rate`: the rate is an outcome and has to be steady as well.
  explicit SteadyState(bool with_rate) : with_rate_(with_rate) {}

  /// One window that ended at `end`, from any moment on. Returns whether it is steady now.
  bool add(Nanoseconds end, double median_ns, double rate);
  [[nodiscard]] bool with_rate() const noexcept { return with_rate_; }
  [[nodiscard]] std::size_t windows() const noexcept { return windows_; }
  /// Of the median, then of the rate where it counts; empty with too few windows.
  [[nodiscard]] std::optional<Trend> median_trend() const { return trend_of(median_); }
  [[nodiscard]] std::optional<Trend> rate_trend() const { return trend_of(rate_); }

 private:
  [[nodiscard]] static std::optional<Trend> trend_of(const std::vector<SeriesPoint>& series);

  bool with_rate_;
  std::size_t windows_ = 0;
  std::vector<SeriesPoint> median_;  ///< The windows that count.
  std::vector<SeriesPoint> rate_;
};

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "busmark/base/units.hpp"

#include "stat/theil_sen.hpp"

namespace busmark {

/// Where the last two thirds of a series has got to. All are shares of its level.
struct Trend {
  double moved = 0;  ///< From begin to end along the line of Theil and Sen.
  double most = 0;   ///< The same by the end of the slope's 95 % interval that is farther from 0.
  double jump = 0;   ///< Between both sides of the cut that MSER makes; 0: it makes none.
  std::size_t windows = 0;
};

/// Whether a warm-up has reached its level: neither its median response time nor, where that is not
/// given, its rate still goes anywhere. That has to be shown, for noise hides a trend as well as
/// none: over the last two thirds of the windows, so that a backlog that grows evenly is never a
/// level, the farther end of the slope's interval has to stay below kLimit. What scatters more
/// needs more windows. Such a line hardly minds a single jump; so the medians of each five windows
/// are cut where the rest has the smallest standard error, and both sides have to agree within
/// kLimit. Looks are few, at a number of windows that grows by a quarter each time: who looks all
/// the time finds what he wants. What jumps to and fro is steady in this sense, for there is
/// nothing to wait for. One thread. `./dev bench warmup` tells how it does.
/// Sources: Schuirmann, A comparison of the two one-sided tests procedure, 1987 (equivalence);
/// White, An effective truncation heuristic for bias reduction in simulation output, 1997 (MSER).
class SteadyState {
 public:
  static constexpr Nanoseconds kWindow = std::chrono::milliseconds(50);
  /// A window with fewer messages goes on until it has as many: else its median is chance.
  static constexpr std::size_t kFewestSamples = 20;
  static constexpr std::size_t kFewestWindows = 60;
  static constexpr double kLimit = 0.05;

  /// `with_rate`: the rate is an outcome and has to be steady as well.
  explicit SteadyState(bool with_rate) : with_rate_(with_rate) {}

  /// One window that ended at `end`, from any moment on. Returns whether it is steady where this
  /// was one of the windows to look at; false at the others.
  bool add(Nanoseconds end, double median_ns, double rate);
  /// Looks now, however many windows there are: once, when there is no time for more.
  [[nodiscard]] bool steady() const;
  [[nodiscard]] bool with_rate() const noexcept { return with_rate_; }
  [[nodiscard]] std::size_t windows() const noexcept { return windows_; }
  /// Of the median, then of the rate where it counts; empty with too few windows.
  [[nodiscard]] std::optional<Trend> median_trend() const { return trend_of(median_); }
  [[nodiscard]] std::optional<Trend> rate_trend() const { return trend_of(rate_); }

 private:
  [[nodiscard]] std::optional<Trend> trend_of(const std::vector<SeriesPoint>& series) const;

  bool with_rate_;
  std::size_t windows_ = 0;
  std::size_t next_look_ = kFewestWindows;
  std::vector<SeriesPoint> median_;  ///< From the first window on, in pairs once they are many.
  std::vector<SeriesPoint> rate_;
};

}  // namespace busmark

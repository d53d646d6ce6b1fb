// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "record/load.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// One piece of a LoadCurve. Times in ticks, messages as real numbers.
struct LoadSegment {
  double begin = 0;      ///< From the start of the curve.
  double first = 0;      ///< Messages of the curve that are due before it.
  double end = 0;        ///< `first` and its own.
  double period = 0;     ///< Ticks from message to message; 0 in a burst.
  double rate = 0;       ///< Ramp: messages per tick at its begin.
  double slope = 0;      ///< Ramp: half of what each tick adds to that; 0: no ramp.
  double cycle = 0;      ///< Ticks after which it recurs; 0: never.
  double on = 0;         ///< Ticks of a cycle in which messages are due; 0: all at its begin.
  double per_cycle = 0;  ///< Messages of a cycle.

  /// When message `x` of the curve is due, `first` <= x < `end`.
  [[nodiscard]] double due(double x) const noexcept {
    double own = x - first;
    double past = begin;
    if (cycle > 0) {
      // The margin keeps the first message of a cycle out of the pause before it.
      // A conversion, because floor() is a call where the processor is not known to have it.
      const auto cycles = static_cast<double>(static_cast<std::int64_t>(own / per_cycle + 1e-9));
      own = std::max(own - cycles * per_cycle, 0.0);
      past += cycles * cycle;
    }
    if (slope == 0) return past + own * period;
    // N(t) = rate t + slope t^2, solved without cancellation.
    const double root = std::sqrt(std::max(rate * rate + 4 * slope * own, 0.0));
    return own > 0 ? past + 2 * own / (rate + root) : past;
  }
  /// Messages of it that are due in its first `ticks`, all of them behind its end.
  [[nodiscard]] double count(double ticks) const noexcept;
};

/// How many messages of a load are due by when: N(t), piecewise linear or quadratic, with a jump at
/// each burst. Message k of the whole load is due at inf {t : N(t) > k}.
///
/// It begins with a warm-up at the load's own rate, which holds a whole number of messages, so that
/// the first stage begins with one. A load without stages has no curve: it needs none.
class LoadCurve {
 public:
  LoadCurve() = default;
  /// `warmup` and `ticks_per_second` in the ticks of whoever reads from it.
  LoadCurve(std::span<const LoadStage> stages, MessageRate load, std::int64_t warmup,
            double ticks_per_second);

  [[nodiscard]] bool empty() const noexcept { return segments_.empty(); }
  [[nodiscard]] std::span<const LoadSegment> segments() const noexcept { return segments_; }
  /// Messages that are due before `ticks`, on average where arrivals are random.
  [[nodiscard]] double due_before(double ticks) const noexcept;
  /// All of them, the warm-up's included.
  [[nodiscard]] double total() const noexcept { return empty() ? 0 : segments_.back().end; }

 private:
  std::vector<LoadSegment> segments_;
};

/// Most rows of one load; each costs every receiver a histogram.
inline constexpr std::size_t kMostStages = 100;

/// The rows that `stages` stand for, in order of time. A ramp begins, and a step adds to, the rate
/// before it: `load` at the beginning, 0 behind quiet, the mean behind bursts. Throws
/// std::invalid_argument where a step leads away from its goal, a rate exceeds 1G/s, or there are
/// too many or too long ones.
[[nodiscard]] std::vector<LoadStage> expand_stages(std::span<const Stage> stages, MessageRate load);
/// The rows of the scenario's stages; none without stages. Throws as expand_stages.
[[nodiscard]] std::vector<LoadStage> load_stages(const Scenario& scenario);
/// What a curve is made of: these rows, or for a mix without stages one as long as the window,
/// because books by class are kept where those by stage are.
[[nodiscard]] std::vector<LoadStage> paced_stages(const Scenario& scenario);
/// Messages per second over the measured window; 0 under saturation.
[[nodiscard]] double intended_rate(const Scenario& scenario);

}  // namespace busmark

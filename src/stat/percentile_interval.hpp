// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/histogram/decoded.hpp"
#include "busmark/histogram/histogram.hpp"

#include "stat/estimate.hpp"

namespace busmark {

/// What the intervals of every table and verdict are meant to hold.
inline constexpr double kConfidence = 0.95;

/// Latencies of one repetition, as percentile intervals want them.
struct RepetitionLatency {
  DecodedHistogram whole{Histogram::shape()};
  /// The same samples cut into equal stretches of the measured window, in order of time; about 20
  /// suffice. None where they were not kept. Must outlive the use.
  std::vector<const DecodedHistogram*> sections{};
  Nanoseconds max = kNever;   ///< The largest, where it is known better than by its bucket.
  std::uint64_t missing = 0;  ///< Deliveries that were due and never arrived: they took for ever.
};

/// Fewest independent samples that carry a percentile p: with fewer, the chance that none lies
/// beyond it is above 2.5 %, so its 95 % interval has no upper end. ceil(ln 0.025 / ln p): 72 for
/// p95, 368 for p99.
[[nodiscard]] std::uint64_t samples_needed(Percentile percentile) noexcept;

/// One percentile of all that was due, with what it rests on.
struct PercentileInterval {
  Percentile percentile{};
  /// Of all repetitions taken together; where that lies outside the interval, for a few repetitions
  /// that differ from the rest decide it, the median of the repetitions' own. kNever where that
  /// many never arrived, as the ends of the interval.
  Nanoseconds value{};
  Nanoseconds low{};
  Nanoseconds high{};  ///< kNever also where no sample bounds it.
  /// False where neither sections nor repetitions tell how far the percentile varies; the ends are
  /// those of independent samples then and mean nothing.
  bool known = false;
  /// How many independent samples would tell the share of messages below it as well: at most the
  /// number of messages, which it is where nothing is known of it.
  double effective_count = 0;
  std::uint32_t sections = 0;   ///< Stretches that were compared, of all repetitions.
  double lag1_correlation = 0;  ///< Of neighbouring ones.
  /// Whose own percentiles the interval rests on too; 0 where each has too few samples for that.
  std::uint32_t repetitions = 0;
};

/// A stretch of time: what was due in it, and how much of that was at or below some value.
struct TimeStretch {
  double due = 0;
  double below = 0;
};

/// Percentiles with intervals that hold although samples depend on their neighbours.
///
/// Within repetitions: the share of messages below the percentile is taken in every section. Its
/// variance over sections (batch means of the indicator, the ratio estimate of cluster sampling)
/// is that of fewer, independent samples: the effective count. Sections are joined to longer ones
/// while neighbours are correlated. Over repetitions: Student's t of the logarithms of their own
/// percentiles. The wider of both is the interval.
/// Sources: Woodruff 1952; Francisco and Fuller, Annals of Statistics 19 (1991); Alexopoulos et
/// al., Sequest, Operations Research 67 (2019); decision 11.
///
/// Any thread may use one that it alone has.
class PercentileIntervals {
 public:
  /// `copies`: deliveries of one message, which are late together and count as one sample.
  explicit PercentileIntervals(std::vector<RepetitionLatency> repetitions,
                               std::uint32_t copies = 1);

  /// Of no sample at all: unknown, from 0 to kNever.
  [[nodiscard]] PercentileInterval of(Percentile percentile, double confidence = kConfidence) const;

  /// Samples that arrived.
  [[nodiscard]] std::uint64_t count() const noexcept { return pooled_.total(); }

 private:
  [[nodiscard]] Nanoseconds pooled_at(double rank) const;
  /// Of each repetition, in order of time, about the percentile of all.
  [[nodiscard]] std::vector<std::vector<TimeStretch>> stretches_at(double share) const;
  void widen_by_repetitions(PercentileInterval& interval, double confidence) const;

  std::vector<RepetitionLatency> repetitions_;
  std::uint32_t copies_;
  DecodedHistogram pooled_{Histogram::shape()};
  std::uint64_t due_ = 0;
  Nanoseconds max_{};
};

/// Whether so many independent samples carry a percentile by themselves: with fewer than
/// samples_needed() the chance that none lies beyond it is above 2.5 %. Where not, a known interval
/// still holds, by repetitions; what it holds is then the percentile of a typical repetition.
[[nodiscard]] bool carries(const PercentileInterval& interval) noexcept;

}  // namespace busmark

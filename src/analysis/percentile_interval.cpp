// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/percentile_interval.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <span>
#include <utility>

#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>

#include "busmark/analysis/summary.hpp"

namespace busmark {
namespace {

constexpr std::size_t kFewestSections = 5;
constexpr std::size_t kFewestRepetitions = 3;

/// Half the width of a two-sided interval, in standard errors.
double student_quantile(double confidence, double freedom) {
  return quantile(complement(boost::math::students_t(freedom), (1 - confidence) / 2));
}

/// How many samples of a histogram lie at or below the percentile of all. The bucket that holds it
/// is shared out alike everywhere, so that one of many samples does not hide how they vary.
class Below {
 public:
  /// `rank` of all samples of `pooled`, which may have a fraction.
  Below(const DecodedHistogram& pooled, double rank) {
    double before = 0;
    for (const auto& [index, count] : pooled.buckets()) {
      const auto here = static_cast<double>(count);
      index_ = index;
      part_ = std::min(1.0, (rank - before) / here);
      before += here;
      if (before >= rank) return;
    }
  }

  [[nodiscard]] double count(const DecodedHistogram& histogram) const {
    double below = 0;
    for (const auto& [index, count] : histogram.buckets()) {
      if (index > index_) break;
      below += static_cast<double>(count) * (index == index_ ? part_ : 1.0);
    }
    return below;
  }

 private:
  std::size_t index_ = 0;
  double part_ = 1;
};

/// A stretch of time: what was due in it, and how much of that was at or below the percentile.
struct TimeStretch {
  double due = 0;
  double below = 0;
};

Nanoseconds value_at_rank(const DecodedHistogram& histogram, double rank) {
  double seen = 0;
  for (const auto& [index, count] : histogram.buckets()) {
    seen += static_cast<double>(count);
    if (seen >= rank) return as_nanoseconds(histogram.shape().highest_value(index));
  }
  return kNever;
}

double log_of(Nanoseconds value) {
  return std::log(std::max(1.0, static_cast<double>(value.count())));
}

/// Of a logarithm of nanoseconds, which may be infinite.
Nanoseconds from_logarithm(double logarithm) {
  const double value = std::exp(logarithm);
  constexpr double kMost = 9e18;
  return value < kMost ? Nanoseconds(static_cast<std::int64_t>(value)) : kNever;
}

Nanoseconds lower_median(std::vector<Nanoseconds> values) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

}  // namespace

/// How the share of messages below a value varies.
struct PercentileIntervals::Spread {
  double variance = 0;  ///< Of that share over all repetitions.
  double freedom = 0;
  std::uint32_t sections = 0;
  double lag1 = 0;
  bool known = false;
};

PercentileIntervals::PercentileIntervals(std::vector<RepetitionLatency> repetitions,
                                         std::uint32_t copies)
    : repetitions_(std::move(repetitions)), copies_(std::max<std::uint32_t>(copies, 1)) {
  for (const RepetitionLatency& one : repetitions_) {
    pooled_.merge(one.whole);
    due_ += one.whole.total() + one.missing;
  }
}

Nanoseconds PercentileIntervals::pooled_value(double share) const {
  return value_at_rank(pooled_, std::max(1.0, share * static_cast<double>(due_)));
}

/// Over stretches of which a repetition has at most `longest`.
PercentileIntervals::Spread PercentileIntervals::spread_of(double share,
                                                           std::size_t longest) const {
  const Below below(pooled_, share * static_cast<double>(due_));
  double squares = 0;
  double neighbours = 0;
  double count = 0;
  std::size_t pairs = 0;
  for (const RepetitionLatency& one : repetitions_) {
    const auto total = static_cast<double>(one.whole.total());
    // When the missing were due is not known: as if evenly.
    const double due_each = total > 0 ? 1 + static_cast<double>(one.missing) / total : 1;
    const std::size_t have = std::max<std::size_t>(one.sections.size(), 1);
    const std::size_t stretches = std::min(have, longest);
    double before = 0;
    for (std::size_t i = 0; i < stretches; ++i) {
      TimeStretch stretch;
      if (stretches == 1) {
        stretch = {total * due_each, below.count(one.whole)};
      } else {
        for (std::size_t k = i * have / stretches; k < (i + 1) * have / stretches; ++k) {
          stretch.due += static_cast<double>(one.sections[k]->total()) * due_each;
          stretch.below += below.count(*one.sections[k]);
        }
      }
      const double beyond_share = stretch.below - share * stretch.due;
      squares += beyond_share * beyond_share;
      if (i > 0) {
        neighbours += before * beyond_share;
        ++pairs;
      }
      before = beyond_share;
      count += 1;
    }
  }
  Spread spread{.sections = static_cast<std::uint32_t>(count)};
  const auto due = static_cast<double>(due_);
  if (count < 2 || squares <= 0) {
    spread.freedom = std::max(1.0, count - 1);
    return spread;
  }
  spread.freedom = count - 1;
  spread.variance = count / (count - 1) * squares / (due * due);
  // The residuals add up to zero, which lowers the correlation by as much as is added here.
  if (pairs > 0) {
    spread.lag1 = neighbours / squares * count / static_cast<double>(pairs) + 1 / count;
  }
  return spread;
}

/// The shortest stretches whose neighbours hardly depend on each other.
PercentileIntervals::Spread PercentileIntervals::choose_spread(double share) const {
  std::size_t most = 0;
  for (const RepetitionLatency& one : repetitions_) most = std::max(most, one.sections.size());
  Spread spread;
  for (std::size_t longest = most; longest >= kFewestSections; longest /= 2) {
    spread = spread_of(share, longest);
    if (spread.sections < kFewestSections) break;
    constexpr double kStillApart = 0.4;
    const double correlation = std::clamp(spread.lag1, 0.0, 0.9);
    spread.variance *= (1 + correlation) / (1 - correlation);
    if (spread.lag1 < kStillApart) {
      spread.known = true;
      break;
    }
  }
  return spread;
}

PercentileInterval PercentileIntervals::of(Percentile percentile, double confidence) const {
  PercentileInterval result{.percentile = percentile, .high = kNever};
  if (due_ == 0) return result;
  const double share = percentile.parts_per_million / 1e6;
  const double samples = static_cast<double>(due_) / copies_;
  result.value = pooled_value(share);
  result.effective_count = samples;
  result.low = result.value;
  if (share <= 0 || share >= 1) return result;

  const double binomial = share * (1 - share);
  const auto effective = [&](const Spread& spread) {
    return std::min(samples, binomial / std::max(spread.variance, binomial / samples));
  };
  const Spread sections = choose_spread(share);
  const Spread repetitions = spread_of(share, 1);
  const bool several = repetitions_.size() >= kFewestRepetitions;
  const bool each_carries =
      std::all_of(repetitions_.begin(), repetitions_.end(), [&](const RepetitionLatency& one) {
        return (one.whole.total() + one.missing) / copies_ >= samples_needed(percentile);
      });

  result.sections = sections.sections;
  result.lag1_correlation = sections.lag1;
  result.known = sections.known || several;

  // Within repetitions, or over them where a single one cannot tell its own percentile.
  Spread within = sections;
  if (!sections.known) within = {.freedom = 1e6};
  const auto half_angle = [&](const Spread& spread) {
    return student_quantile(confidence, spread.freedom) / (2 * std::sqrt(effective(spread)));
  };
  if (several && !each_carries && half_angle(repetitions) > half_angle(within)) {
    within = repetitions;
  }
  // The arc sine of the root has the same variance for any share, so that the interval is as
  // lopsided as a count of rare events.
  const double angle = std::asin(std::sqrt(1 - share));
  const double half = half_angle(within);
  const double least = std::pow(std::sin(std::max(angle - half, 0.0)), 2);
  const double most = std::pow(std::sin(std::min(angle + half, std::numbers::pi / 2)), 2);
  result.low = pooled_value(1 - most);
  result.high = angle > half ? pooled_value(1 - least) : kNever;
  result.effective_count = sections.known || !several ? effective(within) : effective(repetitions);
  if (sections.known && several && repetitions.variance > 0 && sections.variance > 0) {
    const boost::math::fisher_f spread_alike(repetitions.freedom, sections.freedom);
    if (repetitions.variance / sections.variance > quantile(spread_alike, kConfidence)) {
      result.effective_count = std::min(result.effective_count, effective(repetitions));
    }
  }
  if (repetitions_.size() < 2 || !each_carries) return result;

  // Over repetitions. What never arrived took at least as long as the slowest that did.
  std::vector<Nanoseconds> own;
  std::vector<double> logs;
  bool any_never = false;
  bool all_never = true;
  for (const RepetitionLatency& one : repetitions_) {
    const auto due = static_cast<double>(one.whole.total() + one.missing);
    const Nanoseconds value = value_at_rank(one.whole, std::max(1.0, share * due));
    own.push_back(value);
    any_never = any_never || value == kNever;
    all_never = all_never && value == kNever;
    logs.push_back(log_of(value == kNever ? as_nanoseconds(one.whole.max()) : value));
  }
  if (all_never) {
    result.value = result.high = kNever;
    return result;
  }
  const auto count = static_cast<double>(logs.size());
  double center = 0;
  for (const double one : logs) center += one / count;
  double squares = 0;
  for (const double one : logs) squares += (one - center) * (one - center);
  const double between =
      student_quantile(confidence, count - 1) * std::sqrt(squares / (count - 1) / count);
  const auto beyond = [&](Nanoseconds end) {
    if (end == kNever || result.value == kNever) return std::numeric_limits<double>::infinity();
    return std::abs(log_of(end) - log_of(result.value));
  };
  const double down = result.value == kNever ? 0 : beyond(result.low);
  const double up = any_never ? std::numeric_limits<double>::infinity() : beyond(result.high);
  result.low = from_logarithm(center - std::max(between, down));
  result.high = from_logarithm(center + std::max(between, up));
  result.repetitions = static_cast<std::uint32_t>(logs.size());
  if (carries(result) && !any_never) {
    result.high = std::min(result.high, as_nanoseconds(pooled_.max()));
  }
  if (result.value < result.low || result.value > result.high) result.value = lower_median(own);
  result.low = std::min(result.low, result.value);
  result.high = std::max(result.high, result.value);
  return result;
}

bool carries(const PercentileInterval& interval) noexcept {
  return interval.effective_count >= static_cast<double>(samples_needed(interval.percentile));
}

}  // namespace busmark

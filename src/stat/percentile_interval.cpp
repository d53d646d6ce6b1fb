// SPDX-License-Identifier: Apache-2.0
#include "stat/percentile_interval.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <span>
#include <utility>

#include <boost/math/distributions/fisher_f.hpp>

#include "busmark/histogram/statistics.hpp"

#include "stat/statistics.hpp"

namespace busmark {
namespace {

constexpr std::size_t kFewestSections = 5;
constexpr std::size_t kFewestRepetitions = 3;
/// How many times as many messages lie beyond the lower percentile that a high one is held against.
constexpr double kWider = 2.5;
/// Degrees of freedom of what is taken as known.
constexpr double kPlenty = 1e6;
/// Correlation of neighbouring sections above which longer ones are tried.
constexpr double kStillApart = 0.4;

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
    const auto& buckets = histogram.buckets();
    const auto at = std::partition_point(buckets.begin(), buckets.end(),
                                         [&](const auto& one) { return one.index < index_; });
    const std::uint64_t here = at != buckets.end() && at->index == index_ ? at->count : 0;
    const auto sum = [](auto from, auto to) {
      std::uint64_t samples = 0;
      for (; from != to; ++from) samples += from->count;
      return samples;
    };
    // Along the shorter way.
    const std::uint64_t below = at - buckets.begin() < buckets.end() - at
                                    ? sum(buckets.begin(), at)
                                    : histogram.total() - sum(at, buckets.end());
    return static_cast<double>(below) + static_cast<double>(here) * part_;
  }

 private:
  std::size_t index_ = 0;
  double part_ = 1;
};

/// Of the sample of that rank; kNever beyond all. A bucket's end may lie above its largest sample.
Nanoseconds value_at_rank(const DecodedHistogram& histogram, double rank, Nanoseconds max) {
  double seen = 0;
  for (const auto& [index, count] : histogram.buckets()) {
    seen += static_cast<double>(count);
    if (seen >= rank) return std::min(as_nanoseconds(histogram.shape().highest_value(index)), max);
  }
  return kNever;
}

Nanoseconds largest_of(const RepetitionLatency& repetition) {
  return std::min(as_nanoseconds(repetition.whole.max()), repetition.max);
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

using Stretches = std::vector<TimeStretch>;

Stretches stretches_of(const RepetitionLatency& repetition, const Below& below) {
  const auto total = static_cast<double>(repetition.whole.total());
  // When the missing were due is not known: as if evenly.
  const double due_each = total > 0 ? 1 + static_cast<double>(repetition.missing) / total : 1;
  Stretches stretches;
  const auto add = [&](const DecodedHistogram& histogram) {
    stretches.push_back(
        {static_cast<double>(histogram.total()) * due_each, below.count(histogram)});
  };
  for (const DecodedHistogram* section : repetition.sections) add(*section);
  if (stretches.empty()) add(repetition.whole);
  return stretches;
}

/// At most `most` of them, each of about as many.
Stretches joined(const Stretches& stretches, std::size_t most) {
  const std::size_t have = stretches.size();
  const std::size_t groups = std::min(have, most);
  Stretches result(groups);
  for (std::size_t i = 0; i < groups; ++i) {
    for (std::size_t k = i * have / groups; k < (i + 1) * have / groups; ++k) {
      result[i].due += stretches[k].due;
      result[i].below += stretches[k].below;
    }
  }
  return result;
}

/// How the share of messages below a value varies.
struct Scatter {
  double variance = 0;  ///< Of that share over all repetitions.
  double freedom = 1;
  std::uint32_t sections = 0;
  double lag1 = 0;
  bool known = false;
};

/// Batch means of the indicator, as the ratio estimate of cluster sampling: sections may differ in
/// how much was due in them.
Scatter spread_over(const std::vector<Stretches>& repetitions, double share, std::size_t most) {
  double due = 0;
  double squares = 0;
  double neighbours = 0;
  double count = 0;
  double pairs = 0;
  for (const Stretches& one : repetitions) {
    const Stretches stretches = joined(one, most);
    double before = 0;
    for (std::size_t i = 0; i < stretches.size(); ++i) {
      const double residual = stretches[i].below - share * stretches[i].due;
      due += stretches[i].due;
      squares += residual * residual;
      if (i > 0) neighbours += before * residual;
      before = residual;
    }
    count += static_cast<double>(stretches.size());
    pairs += static_cast<double>(stretches.size()) - 1;
  }
  Scatter spread{.sections = static_cast<std::uint32_t>(count)};
  if (count < 2) return spread;
  spread.freedom = count - 1;
  if (squares <= 0) return spread;
  spread.variance = count / (count - 1) * squares / (due * due);
  // The residuals add up to zero, which lowers the correlation by as much as is added here.
  if (pairs > 0) spread.lag1 = neighbours / squares * count / pairs + 1 / count;
  return spread;
}

/// Over the shortest stretches whose neighbours hardly depend on each other.
Scatter spread_within(const std::vector<Stretches>& repetitions, double share) {
  std::size_t finest = 0;
  for (const Stretches& one : repetitions) finest = std::max(finest, one.size());
  Scatter spread;
  for (std::size_t most = finest; most >= kFewestSections; most /= 2) {
    spread = spread_over(repetitions, share, most);
    // What little dependence is left, as if it faded with the distance like an autoregression.
    const double correlation = std::clamp(spread.lag1, 0.0, 0.9);
    spread.variance *= (1 + correlation) / (1 - correlation);
    if (spread.lag1 < kStillApart) {
      spread.known = true;
      break;
    }
  }
  return spread;
}

/// Independent samples among which the share varies as much; all at most.
double independent_size(const Scatter& spread, double share, double samples) {
  const double binomial = share * (1 - share);
  return std::min(samples, binomial / std::max(spread.variance, binomial / samples));
}

/// By sections; by repetitions where there are none, or where these differ by more than sections
/// explain.
double effective_size(const Scatter& sections, const Scatter& repetitions, bool several,
                      double share, double samples) {
  if (!several) return sections.known ? independent_size(sections, share, samples) : samples;
  const double by_repetitions = independent_size(repetitions, share, samples);
  if (!sections.known) return by_repetitions;
  const double by_sections = independent_size(sections, share, samples);
  if (sections.variance <= 0) return std::min(by_sections, by_repetitions);
  const boost::math::fisher_f alike(repetitions.freedom, sections.freedom);
  const bool differ = repetitions.variance / sections.variance > quantile(alike, kConfidence);
  return differ ? std::min(by_sections, by_repetitions) : by_sections;
}

}  // namespace

PercentileIntervals::PercentileIntervals(std::vector<RepetitionLatency> repetitions,
                                         std::uint32_t copies)
    : repetitions_(std::move(repetitions)), copies_(std::max<std::uint32_t>(copies, 1)) {
  for (const RepetitionLatency& one : repetitions_) {
    pooled_.merge(one.whole);
    due_ += one.whole.total() + one.missing;
    max_ = std::max(max_, largest_of(one));
  }
}

Nanoseconds PercentileIntervals::pooled_at(double rank) const {
  return value_at_rank(pooled_, rank, max_);
}

std::vector<Stretches> PercentileIntervals::stretches_at(double share) const {
  const Below below(pooled_, share * static_cast<double>(due_));
  std::vector<Stretches> stretches;
  for (const RepetitionLatency& one : repetitions_) stretches.push_back(stretches_of(one, below));
  return stretches;
}

PercentileInterval PercentileIntervals::of(Percentile percentile, double confidence) const {
  PercentileInterval result{.percentile = percentile, .high = kNever};
  if (due_ == 0) return result;
  result.value = pooled_at(static_cast<double>(percentile_rank(percentile, due_)));
  result.low = result.value;
  const double share = percentile.parts_per_million / 1e6;
  const double samples = static_cast<double>(due_) / copies_;
  result.effective_count = samples;
  if (share <= 0 || share >= 1) return result;

  const std::vector<Stretches> stretches = stretches_at(share);
  const Scatter repetitions = spread_over(stretches, share, 1);
  Scatter sections = spread_within(stretches, share);
  // Few stretches have messages beyond a high percentile, and their number tells little of how it
  // varies: what a lower one says of it counts as well.
  const double wider = 1 - kWider * (1 - share);
  if (wider >= 0.5) {
    const Scatter lower = spread_within(stretches_at(wider), wider);
    const double of_lower = lower.variance * share * (1 - share) / (wider * (1 - wider));
    if (sections.known && lower.known) sections.variance = std::max(sections.variance, of_lower);
  }
  const bool several = repetitions_.size() >= kFewestRepetitions;
  result.known = sections.known || several;
  result.sections = sections.sections;
  result.lag1_correlation = sections.lag1;
  result.effective_count = effective_size(sections, repetitions, several, share, samples);

  const bool each_carries =
      std::all_of(repetitions_.begin(), repetitions_.end(), [&](const RepetitionLatency& one) {
        return (one.whole.total() + one.missing) / copies_ >= samples_needed(percentile);
      });
  const auto half_angle = [&](const Scatter& spread) {
    const double size = independent_size(spread, share, samples);
    // Of so few events beyond the percentile their variance is known no better.
    const double events = size * std::min(share, 1 - share);
    const double freedom = std::clamp(2 * events, 1.0, spread.freedom);
    return student_critical(1 - confidence, freedom) / (2 * std::sqrt(size));
  };
  double half = half_angle(sections.known ? sections : Scatter{.freedom = kPlenty});
  if (several && !each_carries) half = std::max(half, half_angle(repetitions));
  // The arc sine of the root has the same variance for any share, so that the interval is as
  // lopsided as a count of rare events.
  const double angle = std::asin(std::sqrt(1 - share));
  const auto at = [&](double of_angle) {
    return pooled_at(static_cast<double>(due_) * (1 - std::pow(std::sin(of_angle), 2)));
  };
  result.low = at(std::min(angle + half, std::numbers::pi / 2));
  result.high = angle > half ? at(angle - half) : kNever;
  if (repetitions_.size() >= 2 && each_carries) widen_by_repetitions(result, confidence);
  return result;
}

/// What never arrived took at least as long as the slowest message that did.
void PercentileIntervals::widen_by_repetitions(PercentileInterval& interval,
                                               double confidence) const {
  std::vector<Nanoseconds> own;
  std::vector<double> logs;
  for (const RepetitionLatency& one : repetitions_) {
    const std::uint64_t due = one.whole.total() + one.missing;
    own.push_back(value_at_rank(
        one.whole, static_cast<double>(percentile_rank(interval.percentile, due)), one.max));
    logs.push_back(log_of(own.back() == kNever ? largest_of(one) : own.back()));
  }
  interval.repetitions = static_cast<std::uint32_t>(own.size());
  const auto never = static_cast<std::size_t>(std::count(own.begin(), own.end(), kNever));
  if (never == own.size()) {
    interval.value = interval.high = kNever;
    return;
  }
  const auto count = static_cast<double>(logs.size());
  // Half of the interval around a center, which the squares are of as well.
  const auto half_around = [&](double center) {
    double squares = 0;
    for (const double one : logs) squares += (one - center) * (one - center);
    return student_critical(1 - confidence, count - 1) * std::sqrt(squares / (count - 1) / count);
  };
  double mean = 0;
  for (const double one : logs) mean += one / count;
  // Around the percentile of all (sectioning), which a few samples lead astray less than the mean,
  // unless that lies where the repetitions are not.
  double center = interval.value == kNever ? mean : log_of(interval.value);
  if (std::abs(center - mean) > half_around(mean)) center = mean;
  const double between = half_around(center);

  constexpr double kEndless = std::numeric_limits<double>::infinity();
  const bool endless = never > 0 || interval.value == kNever || interval.high == kNever;
  const double down = interval.value == kNever ? 0 : log_of(interval.value) - log_of(interval.low);
  const double up = endless ? kEndless : log_of(interval.high) - log_of(interval.value);
  interval.low = from_logarithm(center - std::max(between, down));
  interval.high = from_logarithm(center + std::max(between, up));
  // With so many independent samples one of them lies beyond the percentile.
  if (!endless && carries(interval)) interval.high = std::min(interval.high, max_);
  if (interval.value < interval.low || interval.value > interval.high) {
    interval.value = lower_median(own);
  }
  interval.low = std::min(interval.low, interval.value);
  interval.high = std::max(interval.high, interval.value);
}

bool carries(const PercentileInterval& interval) noexcept {
  return interval.effective_count >= static_cast<double>(samples_needed(interval.percentile));
}

std::uint64_t samples_needed(Percentile percentile) noexcept {
  const double share = percentile.parts_per_million / 1e6;
  if (share <= 0 || share >= 1) return 1;
  return static_cast<std::uint64_t>(std::ceil(std::log(0.025) / std::log(share)));
}

}  // namespace busmark

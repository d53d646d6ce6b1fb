// SPDX-License-Identifier: Apache-2.0
#include "judge/compare.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include "judge/compare_sides.hpp"
#include "stat/statistics.hpp"

namespace busmark {
namespace {

/// A failed repetition is so many times worse than the worst that did not.
constexpr double kFailed = 1000;
constexpr std::uint32_t kMostRuns = 1000;

/// One measure of each repetition that counts, run by run; logarithms.
struct Figures {
  std::vector<std::vector<double>> old_runs;
  std::vector<std::vector<double>> new_runs;
};

/// The repetitions' figures; NaN for one that failed, or whose percentile never arrived. Empty
/// where another one has none.
std::optional<std::vector<std::vector<double>>> read(const ComparedSide& side,
                                                     const Measure& measure) {
  std::vector<std::vector<double>> runs;
  for (const ScenarioRun& run : side.runs) {
    std::vector<double>& figures = runs.emplace_back();
    for (const StoredRepetition* repetition : run.repetitions) {
      const auto value = measure.read(*repetition);
      if (has_failed(*repetition) || (value && std::isinf(*value))) {
        figures.push_back(std::numeric_limits<double>::quiet_NaN());
        continue;
      }
      if (!value || !std::isfinite(*value) || *value <= 0) return std::nullopt;
      figures.push_back(std::log(*value));
    }
  }
  return runs;
}

/// Empty where a side cannot tell the measure in every repetition, or no repetition has it.
std::optional<Figures> read(const ComparedPair& pair, const Measure& measure) {
  auto before = read(pair.old_side, measure);
  auto after = read(pair.new_side, measure);
  if (!before || !after) return std::nullopt;
  Figures figures{.old_runs = std::move(*before), .new_runs = std::move(*after)};
  const double sign = measure.more_is_better ? -1 : 1;
  std::optional<double> worst;
  const auto for_each = [&](auto&& act) {
    for (auto* side : {&figures.old_runs, &figures.new_runs}) {
      for (std::vector<double>& run : *side) {
        for (double& figure : run) act(figure);
      }
    }
  };
  for_each([&](double figure) {
    if (!std::isnan(figure)) worst = std::max(worst.value_or(sign * figure), sign * figure);
  });
  if (!worst) return std::nullopt;
  for_each([&](double& figure) {
    if (std::isnan(figure)) figure = sign * (*worst + std::log(kFailed));
  });
  return figures;
}

std::vector<double> medians(const std::vector<std::vector<double>>& runs) {
  std::vector<double> all;
  for (const std::vector<double>& run : runs) all.push_back(median(run));
  return all;
}

/// Variance components: what the runs' medians differ by beyond what the median of so many
/// repetitions would (that of n normal values has pi / 2 / n of their variance).
Spread components(const Figures& figures, double deviation) {
  double squares = 0;
  double degrees = 0;
  double shares = 0;
  for (const auto* side : {&figures.old_runs, &figures.new_runs}) {
    for (const std::vector<double>& run : *side) {
      const auto count = static_cast<double>(run.size());
      squares += variance(run) * (count - 1);
      degrees += count - 1;
      shares += 1 / count;
    }
  }
  const auto runs = static_cast<double>(figures.old_runs.size() + figures.new_runs.size());
  const double within = degrees > 0 ? squares / degrees : 0;
  const double explained = std::numbers::pi / 2 * within * shares / runs;
  return {.between = std::sqrt(std::max(0.0, deviation * deviation - explained)),
          .within = std::sqrt(within)};
}

/// A change as judged later, with what only the runs' logarithms tell.
struct FoundChange {
  MeasureChange change;
  double difference = 0;  ///< Of the logarithms.
  double deviation = 0;   ///< Of runs on one side.
};

std::optional<FoundChange> measure_change(const ComparedPair& pair, const Measure& measure) {
  const std::optional<Figures> figures = read(pair, measure);
  if (!figures) return std::nullopt;
  const std::vector<double> before = medians(figures->old_runs);
  const std::vector<double> after = medians(figures->new_runs);
  FoundChange found;
  MeasureChange& change = found.change;
  change.measure = measure.name;
  change.unit = measure.unit;
  change.old_value = std::exp(mean(before));
  change.new_value = std::exp(mean(after));
  found.difference = mean(after) - mean(before);
  change.effect = std::expm1(found.difference);
  const auto means = compare_means(before, after);
  change.bounded = means.has_value();
  if (!means) return found;
  change.low = std::expm1(means->low);
  change.high = std::expm1(means->high);
  change.p_value = means->p_value;
  change.spread = components(*figures, means->deviation);
  found.deviation = means->deviation;
  return found;
}

/// How a change is asked about: the threshold in logarithms, and among how many.
struct Question {
  double lower = 0;
  double upper = 0;
  double family = 1;
};

/// How often chance alone is as far from 0 as `distance` standard errors; much faster than the
/// quantile that it is compared with.
double chance_of(double distance, std::size_t degrees) {
  const boost::math::students_t student(static_cast<double>(degrees));
  return 2 * cdf(complement(student, distance));
}

bool would_tell(const FoundChange& found, const Question& question, std::size_t old_runs,
                std::size_t new_runs) {
  const double error = found.deviation * std::sqrt(1 / static_cast<double>(old_runs) +
                                                   1 / static_cast<double>(new_runs));
  if (error <= 0) return true;
  const std::size_t degrees = old_runs + new_runs - 2;
  if (found.difference > question.upper || found.difference < question.lower) {
    const double chance = chance_of(std::abs(found.difference) / error, degrees);
    return chance * question.family < kSignificance;
  }
  const double room =
      std::min(question.upper - found.difference, found.difference - question.lower);
  return chance_of(room / error, degrees) <= kSignificance;
}

/// Runs on each side that would decide, were the figures to stay as they are.
std::optional<std::uint32_t> runs_needed(const FoundChange& found, const Question& question,
                                         const ScenarioChange& scenario) {
  const auto tells = [&](std::uint32_t runs) {
    const std::uint32_t before = std::max(runs, scenario.old_runs);
    const std::uint32_t after = std::max(runs, scenario.new_runs);
    if (before + after < kFewestRuns) return false;
    return !found.change.bounded || would_tell(found, question, before, after);
  };
  std::uint32_t enough = 1;
  while (enough <= kMostRuns && !tells(enough)) enough *= 2;
  std::uint32_t few = enough / 2;
  while (enough - few > 1) {
    const std::uint32_t middle = few + (enough - few) / 2;
    (tells(middle) ? enough : few) = middle;
  }
  if (enough > kMostRuns) return std::nullopt;
  return enough;
}

std::string why_unclear(const MeasureChange& change, const ScenarioChange& scenario) {
  if (!change.runs_needed) return "too near the threshold for any number of runs";
  if (!change.bounded) {
    return fmt::format(
        "one run against one run: what runs of one program differ by here is not known; {} on "
        "each side would tell it",
        *change.runs_needed);
  }
  return fmt::format("{} and {} runs {}; about {} on each side would", scenario.old_runs,
                     scenario.new_runs,
                     scenario.old_runs + scenario.new_runs < kFewestRuns
                         ? "are too few to tell a change from chance"
                         : "cannot tell",
                     *change.runs_needed);
}

void judge(const FoundChange& found, MeasureChange& change, const Question& question,
           const ScenarioChange& scenario, const std::string& obstacle) {
  const bool enough = scenario.old_runs + scenario.new_runs >= kFewestRuns;
  const double low = std::log1p(change.low);
  const double high = std::log1p(change.high);
  if (enough && low >= question.lower && high <= question.upper) {
    change.change = Change::none;
    return;
  }
  const bool higher = found.difference > question.upper;
  if (enough && (higher || found.difference < question.lower) && change.p_value < kSignificance) {
    if (obstacle.empty()) {
      const bool more_is_better = change.unit == MeasureUnit::messages_per_second;
      change.change = higher == more_is_better ? Change::improved : Change::regressed;
    } else {
      change.reason = "a difference was found, but " + obstacle + "; --force judges it";
    }
    return;
  }
  change.runs_needed = runs_needed(found, question, scenario);
  change.reason = why_unclear(change, scenario);
}

/// In ns; infinite where too few messages ever arrived.
std::optional<double> read_percentile(const StoredRepetition& repetition, Percentile percentile) {
  for (const StoredPercentile& one : repetition.response.percentiles) {
    if (one.percentile == percentile && one.never) return std::numeric_limits<double>::infinity();
  }
  const auto value = repetition.response.find(percentile);
  if (!value) return std::nullopt;
  return static_cast<double>(value->count());
}

}  // namespace

std::vector<Measure> all_measures() {
  std::vector<Measure> measures;
  for (const Percentile percentile : kReportedPercentiles) {
    measures.push_back(
        {format_percentile(percentile), MeasureUnit::nanoseconds, false,
         [percentile](const StoredRepetition& r) { return read_percentile(r, percentile); }});
  }
  measures.push_back({"rate", MeasureUnit::messages_per_second, true,
                      [](const StoredRepetition& r) { return std::optional(r.rate.achieved); }});
  measures.push_back({"cpu", MeasureUnit::nanoseconds, false,
                      [](const StoredRepetition& r) { return r.cpu_ns_per_message(); }});
  return measures;
}

std::string why_not_trusted(const StoredScenario& scenario) {
  if (scenario.verdict == Verdict::skip) {
    return scenario.reasons.empty() ? "was skipped" : "was skipped: " + scenario.reasons.front();
  }
  // INVALID by a budget alone leaves the other figures as they are.
  if (scenario.verdict == Verdict::invalid && !scenario.reasons.empty()) {
    return "is INVALID: " + scenario.reasons.front();
  }
  return {};
}

std::string why_not_comparable(const StoredScenario& scenario) {
  if (std::string reason = why_not_trusted(scenario); !reason.empty()) return reason;
  for (const StoredRepetition& repetition : scenario.repetitions) {
    if (!repetition.used || !repetition.called_off) continue;
    return "ended early, when a budget was certain to be missed: " + repetition.called_off->budget;
  }
  return {};
}

std::vector<std::string> measure_names() {
  std::vector<std::string> names;
  for (const Measure& measure : all_measures()) names.push_back(measure.name);
  return names;
}

std::string_view to_string(Change change) noexcept {
  switch (change) {
    case Change::none: return "no change";
    case Change::improved: return "improved";
    case Change::inconclusive: return "inconclusive";
    case Change::regressed: return "regressed";
  }
  return "unknown";
}

std::uint32_t RunComparison::count(Change change) const noexcept {
  std::uint32_t found = 0;
  for (const ScenarioChange& scenario : scenarios) {
    for (const MeasureChange& measure : scenario.measures) found += measure.change == change;
  }
  return found;
}

bool RunComparison::any_invalid() const noexcept {
  return std::any_of(scenarios.begin(), scenarios.end(),
                     [](const ScenarioChange& scenario) { return scenario.invalid; });
}

RunComparison compare(std::span<const StoredRun> old_runs, std::span<const StoredRun> new_runs,
                      const CompareOptions& options) {
  RunComparison comparison;
  comparison.options = options;
  std::vector<ComparedPair> pairs = pair_up(old_runs, new_runs, comparison);
  const std::vector<Measure> measures = wanted_measures(options);
  std::vector<std::vector<FoundChange>> found(pairs.size());
  std::size_t family = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!pairs[i].change.not_compared.empty()) continue;
    for (const Measure& measure : measures) {
      auto one = measure_change(pairs[i], measure);
      if (!one) continue;
      pairs[i].change.measures.push_back(one->change);
      found[i].push_back(std::move(*one));
    }
    family += found[i].size();
  }
  join(pairs, comparison);
  const double most = options.threshold;
  const Question question{
      .lower = most < 1 ? std::log1p(-most) : -std::numeric_limits<double>::infinity(),
      .upper = std::log1p(most),
      .family = static_cast<double>(family)};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    ScenarioChange& scenario = comparison.scenarios[i];
    for (std::size_t k = 0; k < found[i].size(); ++k) {
      judge(found[i][k], scenario.measures[k], question, scenario,
            options.force ? std::string() : pairs[i].obstacle);
    }
  }
  return comparison;
}

}  // namespace busmark

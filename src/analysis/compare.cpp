// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/compare.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "busmark/analysis/statistics.hpp"
#include "busmark/core/error.hpp"

namespace busmark {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::uint32_t kMostRepetitions = 1000;  // what `run.repetitions` takes

using Repetitions = std::vector<const StoredRepetition*>;

bool is_whole(const StoredRepetition& repetition) noexcept {
  return !repetition.disturbed && !repetition.interrupted && !repetition.ended_early &&
         !repetition.drain_timed_out;
}

Repetitions usable(const StoredScenario& scenario) {
  Repetitions chosen;
  for (const StoredRepetition& repetition : scenario.repetitions) {
    if (is_whole(repetition)) chosen.push_back(&repetition);
  }
  return chosen;
}

/// A reason without its figures: what two reasons must share to be told as one.
std::string without_numbers(const std::string& reason) {
  std::string text;
  std::copy_if(reason.begin(), reason.end(), std::back_inserter(text),
               [](char c) { return c != '.' && (c < '0' || c > '9'); });
  return text;
}

/// Names the repetitions that are not used, by their numbers from 1.
void tell_left_out(std::vector<std::string>& notes, const char* which,
                   const StoredScenario& scenario) {
  struct Group {
    std::string reason;
    std::vector<std::size_t> numbers;
  };
  std::map<std::string, Group> groups;
  for (std::size_t i = 0; i < scenario.repetitions.size(); ++i) {
    const StoredRepetition& repetition = scenario.repetitions[i];
    if (is_whole(repetition)) continue;
    std::string why = repetition.disturbance.empty() ? "disturbed" : repetition.disturbance;
    if (!repetition.disturbed) {
      why = repetition.drain_timed_out ? "its messages did not arrive in time" : "cut short";
    }
    Group& group = groups[without_numbers(why)];
    if (group.numbers.empty()) group.reason = why;
    group.numbers.push_back(i + 1);
  }
  for (const auto& [key, group] : groups) {
    const bool one = group.numbers.size() == 1;
    notes.push_back(fmt::format("repetition{} {} of {} {} left out{}: {}", one ? "" : "s",
                                fmt::join(group.numbers, ", "), which, one ? "is" : "are",
                                one ? "" : ", the first since", group.reason));
  }
}

bool mostly_disturbed(const StoredScenario& scenario) {
  const auto disturbed =
      std::count_if(scenario.repetitions.begin(), scenario.repetitions.end(),
                    [](const StoredRepetition& repetition) { return repetition.disturbed; });
  return disturbed > 0 && disturbed * 2 >= std::ssize(scenario.repetitions);
}

std::string classes(const Repetitions& repetitions) {
  std::set<Distance> seen;
  for (const StoredRepetition* repetition : repetitions) {
    seen.insert(repetition->before.distance);
    seen.insert(repetition->after.distance);
  }
  std::vector<std::string_view> names;
  for (const Distance distance : seen) names.push_back(to_string(distance));
  return fmt::format("{}", fmt::join(names, " and "));
}

void tell_parameters(std::vector<std::string>& notes, const StoredScenario& a,
                     const StoredScenario& b) {
  const auto tell = [&](const std::string& key, const std::string& before,
                        const std::string& after) {
    if (before == after) return;
    notes.push_back(fmt::format("{}: {} before, {} now", key, before.empty() ? "none" : before,
                                after.empty() ? "none" : after));
  };
  tell("transport", a.transport, b.transport);
  std::set<std::string> told;
  for (const auto* side : {&a, &b}) {
    for (const StoredParameter& one : side->parameters) {
      if (told.insert(one.name).second)
        tell(one.name, a.parameter(one.name), b.parameter(one.name));
    }
  }
  tell("placement", a.placement.description, b.placement.description);
}

/// Two scenarios of one name, with everything that forbids a conclusion.
struct Pair {
  const StoredScenario* old_one = nullptr;
  const StoredScenario* new_one = nullptr;
  Repetitions old_repetitions;
  Repetitions new_repetitions;
  std::string obstacle;  ///< Why a difference is no finding, unless forced.
};

ScenarioChange begin(Pair& pair, const RunComparison& comparison) {
  ScenarioChange change;
  change.name = pair.old_one->name;
  for (const auto& [which, scenario] :
       {std::pair{"old", pair.old_one}, std::pair{"new", pair.new_one}}) {
    tell_left_out(change.notes, which, *scenario);
    const std::string reason = why_not_comparable(*scenario);
    if (reason.empty() || !change.not_compared.empty()) continue;
    change.not_compared = fmt::format("the {} one {}", which, reason);
    change.invalid = scenario->verdict == Verdict::invalid;
  }
  pair.old_repetitions = usable(*pair.old_one);
  pair.new_repetitions = usable(*pair.new_one);
  change.old_repetitions = static_cast<std::uint32_t>(pair.old_repetitions.size());
  change.new_repetitions = static_cast<std::uint32_t>(pair.new_repetitions.size());
  if (change.not_compared.empty() &&
      (pair.old_repetitions.empty() || pair.new_repetitions.empty())) {
    change.not_compared = fmt::format("no repetition of the {} one is fit for use",
                                      pair.old_repetitions.empty() ? "old" : "new");
    change.invalid = true;
  }
  std::vector<std::string> unlike;
  tell_parameters(unlike, *pair.old_one, *pair.new_one);
  const std::string old_classes = classes(pair.old_repetitions);
  const std::string new_classes = classes(pair.new_repetitions);
  if (!pair.old_repetitions.empty() && !pair.new_repetitions.empty() &&
      old_classes != new_classes) {
    unlike.push_back(fmt::format("witness class: {} before, {} now", old_classes, new_classes));
  }
  change.notes.insert(change.notes.end(), unlike.begin(), unlike.end());
  if (comparison.unlike_machines) {
    pair.obstacle = "the machines differ in " + comparison.differences.front();
  } else if (!unlike.empty()) {
    pair.obstacle = "the two are not alike in " + unlike.front();
  } else if (mostly_disturbed(*pair.old_one) || mostly_disturbed(*pair.new_one)) {
    pair.obstacle = fmt::format("half or more of the repetitions of the {} one were disturbed",
                                mostly_disturbed(*pair.old_one) ? "old" : "new");
  }
  return change;
}

std::vector<double> values(const Repetitions& repetitions, const Measure& measure) {
  std::vector<double> read;
  for (const StoredRepetition* repetition : repetitions) {
    const auto value = measure.read(*repetition);
    if (value && std::isfinite(*value) && *value > 0) read.push_back(*value);
  }
  return read;
}

/// Numbers alone; what they mean is judged when all p values are known. Empty where a side cannot
/// tell the measure in every repetition.
std::optional<MeasureChange> measure_change(const Pair& pair, const Measure& measure) {
  const std::vector<double> before = values(pair.old_repetitions, measure);
  const std::vector<double> after = values(pair.new_repetitions, measure);
  if (before.size() < pair.old_repetitions.size() || after.size() < pair.new_repetitions.size()) {
    return std::nullopt;
  }
  MeasureChange change;
  change.measure = measure.name;
  change.unit = measure.unit;
  change.old_value = median(before);
  change.new_value = median(after);
  change.effect = change.new_value / change.old_value - 1;
  const RatioInterval interval = bootstrap_ratio(before, after, kSeed);
  change.low = interval.low - 1;
  change.high = interval.high - 1;
  change.p_value = mann_whitney_p(before, after);
  return change;
}

/// Repetitions on each side whose least p value passes the test among `family` measures.
std::uint32_t repetitions_to_differ(std::size_t family) {
  std::uint32_t count = 2;
  while (least_mann_whitney_p(count, count) * static_cast<double>(family) >= kSignificance) ++count;
  return count;
}

/// The interval shrinks with the square root of the repetitions; it must fall clear of the nearer
/// threshold.
std::uint32_t repetitions_to_narrow(const MeasureChange& change, double threshold,
                                    std::uint32_t repetitions) {
  const double half = (change.high - change.low) / 2;
  const double room = std::abs(std::abs(change.effect) - threshold);
  if (half <= room) return repetitions + 1;
  const double factor = half / std::max(room, 1e-9);
  return static_cast<std::uint32_t>(
      std::min(std::ceil(repetitions * factor * factor), kMostRepetitions + 1.0));
}

void judge(MeasureChange& change, const RunComparison& comparison, const Pair& pair,
           std::size_t family, bool more_is_better) {
  const double threshold = comparison.options.threshold;
  const bool higher = change.low > threshold;
  const bool lower = change.high < -threshold;
  const auto repetitions = static_cast<std::uint32_t>(
      std::min(pair.old_repetitions.size(), pair.new_repetitions.size()));
  if (change.low >= -threshold && change.high <= threshold && repetitions >= kFewestForBootstrap) {
    change.change = Change::none;
    return;
  }
  if ((higher || lower) && change.p_value < kSignificance) {
    if (pair.obstacle.empty() || comparison.options.force) {
      change.change = higher == more_is_better ? Change::improved : Change::regressed;
    } else {
      change.reason = "a difference was found, but " + pair.obstacle + "; --force judges it";
    }
    return;
  }
  const bool differs = std::abs(change.effect) > threshold;
  std::uint32_t needed =
      higher || lower ? repetitions + 1 : repetitions_to_narrow(change, threshold, repetitions);
  if (differs) needed = std::max(needed, repetitions_to_differ(family));
  needed = std::max(needed, std::uint32_t{kFewestForBootstrap});
  if (needed > kMostRepetitions) {
    change.reason = "too near the threshold for any number of repetitions";
    return;
  }
  change.repetitions_needed = needed;
  change.reason = fmt::format("{} and {} repetitions cannot tell; about {} each would",
                              pair.old_repetitions.size(), pair.new_repetitions.size(), needed);
}

const StoredScenario* find(const StoredRun& run, const std::string& name) {
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

/// Pairs in the order of the old run, then what either has alone.
std::vector<Pair> pair_up(const StoredRun& old_run, const StoredRun& new_run,
                          RunComparison& comparison) {
  std::vector<Pair> pairs;
  const auto alone = [&](const std::string& name, const char* where) {
    ScenarioChange& change = comparison.scenarios.emplace_back();
    change.name = name;
    change.not_compared = fmt::format("it is only in the {} run", where);
  };
  for (const StoredScenario& scenario : old_run.scenarios) {
    const StoredScenario* other = find(new_run, scenario.name);
    if (other == nullptr) continue;
    Pair& pair = pairs.emplace_back();
    pair.old_one = &scenario;
    pair.new_one = other;
  }
  if (pairs.empty()) {
    throw SetupError("the two results have no scenario in common; compare runs of one config");
  }
  for (const StoredScenario& scenario : old_run.scenarios) {
    if (find(new_run, scenario.name) == nullptr) alone(scenario.name, "old");
  }
  for (const StoredScenario& scenario : new_run.scenarios) {
    if (find(old_run, scenario.name) == nullptr) alone(scenario.name, "new");
  }
  return pairs;
}

void adjust_p_values(std::vector<ScenarioChange>& scenarios) {
  std::vector<double> all;
  for (const ScenarioChange& scenario : scenarios) {
    for (const MeasureChange& measure : scenario.measures) all.push_back(measure.p_value);
  }
  const std::vector<double> adjusted = holm_adjusted(all);
  auto next = adjusted.begin();
  for (ScenarioChange& scenario : scenarios) {
    for (MeasureChange& measure : scenario.measures) measure.p_value = *next++;
  }
}

}  // namespace

std::vector<Measure> all_measures() {
  std::vector<Measure> measures;
  for (const Percentile percentile : kReportedPercentiles) {
    measures.push_back({format_percentile(percentile), MeasureUnit::nanoseconds, false,
                        [percentile](const StoredRepetition& r) -> std::optional<double> {
                          const auto value = r.response.find(percentile);
                          if (!value) return std::nullopt;
                          return static_cast<double>(value->count());
                        }});
  }
  measures.push_back({"rate", MeasureUnit::messages_per_second, true,
                      [](const StoredRepetition& r) { return std::optional(r.rate.achieved); }});
  measures.push_back({"cpu", MeasureUnit::nanoseconds, false,
                      [](const StoredRepetition& r) { return r.cpu_ns_per_message(); }});
  return measures;
}

std::string why_not_comparable(const StoredScenario& scenario) {
  if (scenario.verdict == Verdict::skip) {
    return scenario.reasons.empty() ? "was skipped" : "was skipped: " + scenario.reasons.front();
  }
  // INVALID by a budget alone leaves the other figures as they are.
  if (scenario.verdict == Verdict::invalid && !scenario.reasons.empty()) {
    return "is INVALID: " + scenario.reasons.front();
  }
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

RunComparison compare(const StoredRun& old_run, const StoredRun& new_run,
                      const CompareOptions& options) {
  RunComparison comparison;
  comparison.old_name = fmt::format("{} of {}", old_run.name, old_run.started_at);
  comparison.new_name = fmt::format("{} of {}", new_run.name, new_run.started_at);
  comparison.options = options;
  EnvironmentDifferences differences = find_differences(old_run.environment, new_run.environment);
  comparison.unlike_machines = !differences.machine.empty();
  comparison.differences = std::move(differences.machine);
  comparison.differences.insert(comparison.differences.end(), differences.program.begin(),
                                differences.program.end());
  std::vector<ScenarioChange> alone;
  std::vector<Pair> pairs = pair_up(old_run, new_run, comparison);
  std::swap(alone, comparison.scenarios);
  std::vector<Measure> measures = all_measures();
  std::erase_if(measures, [&](const Measure& one) {
    const auto& wanted = options.measures;
    return !wanted.empty() && std::find(wanted.begin(), wanted.end(), one.name) == wanted.end();
  });
  for (Pair& pair : pairs) {
    ScenarioChange change = begin(pair, comparison);
    if (change.not_compared.empty()) {
      for (const Measure& measure : measures) {
        if (auto one = measure_change(pair, measure)) change.measures.push_back(std::move(*one));
      }
    }
    comparison.scenarios.push_back(std::move(change));
  }
  adjust_p_values(comparison.scenarios);
  std::size_t family = 0;
  for (const ScenarioChange& scenario : comparison.scenarios) family += scenario.measures.size();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    for (MeasureChange& change : comparison.scenarios[i].measures) {
      judge(change, comparison, pairs[i], family, change.unit == MeasureUnit::messages_per_second);
    }
  }
  std::move(alone.begin(), alone.end(), std::back_inserter(comparison.scenarios));
  return comparison;
}

}  // namespace busmark

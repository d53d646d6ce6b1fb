// SPDX-License-Identifier: Apache-2.0
#include "judge/compare_sides.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "stat/statistics.hpp"

namespace busmark {
namespace {

bool counts(const StoredRepetition& repetition) noexcept {
  if (repetition.disturbed || repetition.interrupted) return false;
  return has_failed(repetition) || !repetition.ended_early;
}

/// A reason without its figures: what two reasons must share to be told as one.
std::string without_numbers(const std::string& reason) {
  std::string text;
  std::copy_if(reason.begin(), reason.end(), std::back_inserter(text),
               [](char c) { return c != '.' && (c < '0' || c > '9'); });
  return text;
}

/// Repetitions of one run by the reason that they share, by their numbers from 1.
class Groups {
 public:
  void add(const std::string& reason, std::size_t number) {
    Group& group = groups_[without_numbers(reason)];
    if (group.numbers.empty()) group.reason = reason;
    group.numbers.push_back(number);
  }
  void tell(std::vector<std::string>& notes, const std::string& of, const char* what) const {
    for (const auto& [key, group] : groups_) {
      const bool one = group.numbers.size() == 1;
      notes.push_back(fmt::format("repetition{} {} of {} {} {}{}: {}", one ? "" : "s",
                                  fmt::join(group.numbers, ", "), of, one ? "is" : "are", what,
                                  one ? "" : ", the first since", group.reason));
    }
  }

 private:
  struct Group {
    std::string reason;
    std::vector<std::size_t> numbers;
  };
  std::map<std::string, Group> groups_;
};

/// Names the repetitions that are not used, and those that count as failed.
void tell_repetitions(std::vector<std::string>& notes, const std::string& of,
                      const StoredScenario& scenario) {
  Groups left_out;
  Groups failed;
  for (std::size_t i = 0; i < scenario.repetitions.size(); ++i) {
    const StoredRepetition& one = scenario.repetitions[i];
    if (counts(one) && one.called_off) {
      failed.add(
          "it ended early, when a budget was certain to be missed: " + one.called_off->budget,
          i + 1);
    } else if (counts(one) && has_failed(one)) {
      failed.add("its messages did not arrive in time", i + 1);
    } else if (one.disturbed) {
      left_out.add(one.disturbance.empty() ? "disturbed" : one.disturbance, i + 1);
    } else if (!counts(one)) {
      left_out.add("cut short", i + 1);
    }
  }
  left_out.tell(notes, of, "left out");
  failed.tell(notes, of, "taken for worse than all others");
}

bool mostly_disturbed(const ComparedSide& side) {
  std::ptrdiff_t disturbed = 0;
  std::ptrdiff_t all = 0;
  for (const ScenarioRun& run : side.runs) {
    disturbed +=
        std::count_if(run.scenario->repetitions.begin(), run.scenario->repetitions.end(),
                      [](const StoredRepetition& repetition) { return repetition.disturbed; });
    all += std::ssize(run.scenario->repetitions);
  }
  return disturbed > 0 && disturbed * 2 >= all;
}

std::string classes(const ComparedSide& side) {
  std::set<Distance> seen;
  for (const ScenarioRun& run : side.runs) {
    for (const StoredRepetition* repetition : run.repetitions) {
      seen.insert(repetition->before.distance);
      seen.insert(repetition->after.distance);
    }
  }
  std::vector<std::string_view> names;
  for (const Distance distance : seen) names.push_back(to_string(distance));
  return fmt::format("{}", fmt::join(names, " and "));
}

/// What two scenarios of one name are not alike in, each as `load: 1k/s before, 2k/s now`.
std::vector<std::string> unlike_parameters(const StoredScenario& a, const StoredScenario& b,
                                           const char* first, const char* second) {
  std::vector<std::string> unlike;
  const auto tell = [&](const std::string& key, const std::string& before,
                        const std::string& after) {
    if (before == after) return;
    unlike.push_back(fmt::format("{}: {} {}, {} {}", key, before.empty() ? "none" : before, first,
                                 after.empty() ? "none" : after, second));
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
  return unlike;
}

/// Of the runs on either side, and between the first of each.
std::vector<std::string> unlike_parameters(const ComparedPair& pair) {
  std::vector<std::string> unlike = unlike_parameters(
      *pair.old_side.runs.front().scenario, *pair.new_side.runs.front().scenario, "before", "now");
  for (const ComparedSide* side : {&pair.old_side, &pair.new_side}) {
    for (const ScenarioRun& run : side->runs) {
      const auto more =
          unlike_parameters(*side->runs.front().scenario, *run.scenario, "in one",
                            fmt::format("in another of the {} runs", side->which).c_str());
      unlike.insert(unlike.end(), more.begin(), more.end());
    }
  }
  return unlike;
}

/// `which` scenario of a side, as notes name it.
std::string name_of(const ComparedSide& side, std::size_t run, std::size_t runs) {
  return runs == 1 ? side.which : fmt::format("{} run {}", side.which, run + 1);
}

const StoredScenario* find(const StoredRun& run, const std::string& name) {
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

/// Takes in the runs that can be used. What they say of themselves goes to the notes of `change`.
ComparedSide side_of(const char* which, std::span<const StoredRun> runs, ScenarioChange& change) {
  ComparedSide side{.which = which, .runs = {}};
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const StoredScenario* scenario = find(runs[i], change.name);
    const std::string of = name_of(side, i, runs.size());
    if (scenario == nullptr) {
      change.notes.push_back(fmt::format("the {} has no such scenario", of));
      continue;
    }
    tell_repetitions(change.notes, of, *scenario);
    ScenarioRun one{.scenario = scenario, .repetitions = {}};
    for (const StoredRepetition& repetition : scenario->repetitions) {
      if (counts(repetition)) one.repetitions.push_back(&repetition);
    }
    std::string reason = why_not_trusted(*scenario);
    const bool invalid = scenario->verdict == Verdict::invalid && !reason.empty();
    if (reason.empty() && one.repetitions.empty()) reason = "has no repetition that is fit for use";
    if (reason.empty()) {
      side.runs.push_back(std::move(one));
      continue;
    }
    side.invalid += invalid || scenario->verdict != Verdict::skip;
    if (runs.size() > 1)
      change.notes.push_back(fmt::format("the {} is left out: it {}", of, reason));
    reasons.push_back(std::move(reason));
  }
  // Half or more: what is left is not the side any more.
  if (!reasons.empty() && reasons.size() * 2 >= runs.size() && change.not_compared.empty()) {
    change.not_compared = runs.size() == 1
                              ? fmt::format("the {} one {}", which, reasons.front())
                              : fmt::format("{} of {} {} runs are of no use; the first {}",
                                            reasons.size(), runs.size(), which, reasons.front());
    change.invalid = side.invalid > 0;
  }
  return side;
}

ComparedPair make_pair_of(const std::string& name, std::span<const StoredRun> old_runs,
                          std::span<const StoredRun> new_runs, const RunComparison& comparison) {
  ComparedPair pair;
  ScenarioChange& change = pair.change;
  change.name = name;
  pair.old_side = side_of("old", old_runs, change);
  pair.new_side = side_of("new", new_runs, change);
  change.old_runs = static_cast<std::uint32_t>(pair.old_side.runs.size());
  change.new_runs = static_cast<std::uint32_t>(pair.new_side.runs.size());
  change.old_repetitions = pair.old_side.repetitions();
  change.new_repetitions = pair.new_side.repetitions();
  if (!change.not_compared.empty()) return pair;
  std::vector<std::string> unlike = unlike_parameters(pair);
  const std::string before = classes(pair.old_side);
  const std::string now = classes(pair.new_side);
  if (before != now) unlike.push_back(fmt::format("witness class: {} before, {} now", before, now));
  change.notes.insert(change.notes.end(), unlike.begin(), unlike.end());
  if (comparison.unlike_machines) {
    pair.obstacle = "the machines differ in " + comparison.differences.front();
  } else if (!unlike.empty()) {
    pair.obstacle = "the two are not alike in " + unlike.front();
  } else if (mostly_disturbed(pair.old_side) || mostly_disturbed(pair.new_side)) {
    pair.obstacle = fmt::format("half or more of the repetitions of the {} one were disturbed",
                                mostly_disturbed(pair.old_side) ? "old" : "new");
  }
  return pair;
}

std::string name_of(std::span<const StoredRun> runs) {
  const std::string first = fmt::format("{} of {}", runs.front().name, runs.front().started_at);
  return runs.size() == 1 ? first : fmt::format("{} runs from {} on", runs.size(), first);
}

/// Each name once, in the order of the runs.
std::vector<std::string> names_of(std::span<const StoredRun> runs) {
  std::vector<std::string> names;
  for (const StoredRun& run : runs) {
    for (const StoredScenario& scenario : run.scenarios) {
      if (std::find(names.begin(), names.end(), scenario.name) == names.end()) {
        names.push_back(scenario.name);
      }
    }
  }
  return names;
}

}  // namespace

std::uint32_t ComparedSide::repetitions() const noexcept {
  std::size_t all = 0;
  for (const ScenarioRun& run : runs) all += run.repetitions.size();
  return static_cast<std::uint32_t>(all);
}

bool has_failed(const StoredRepetition& repetition) noexcept {
  return repetition.drain_timed_out || repetition.called_off.has_value();
}

std::vector<ComparedPair> pair_up(std::span<const StoredRun> old_runs,
                                  std::span<const StoredRun> new_runs, RunComparison& comparison) {
  if (old_runs.empty() || new_runs.empty()) throw SetupError("there is nothing to compare with");
  comparison.old_name = name_of(old_runs);
  comparison.new_name = name_of(new_runs);
  EnvironmentDifferences differences = find_differences(old_runs, new_runs);
  comparison.unlike_machines = !differences.machine.empty();
  comparison.differences = std::move(differences.machine);
  comparison.differences.insert(comparison.differences.end(), differences.program.begin(),
                                differences.program.end());
  const std::vector<std::string> old_names = names_of(old_runs);
  const std::vector<std::string> new_names = names_of(new_runs);
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto alone = [&](const std::string& name, const char* where, std::size_t runs) {
    ScenarioChange& change = comparison.scenarios.emplace_back();
    change.name = name;
    change.not_compared = fmt::format("it is only in the {} run{}", where, runs == 1 ? "" : "s");
  };
  std::vector<ComparedPair> pairs;
  for (const std::string& name : old_names) {
    if (has(new_names, name)) {
      pairs.push_back(make_pair_of(name, old_runs, new_runs, comparison));
    } else {
      alone(name, "old", old_runs.size());
    }
  }
  if (pairs.empty()) {
    throw SetupError("the two results have no scenario in common; compare runs of one config");
  }
  for (const std::string& name : new_names) {
    if (!has(old_names, name)) alone(name, "new", new_runs.size());
  }
  return pairs;
}

std::vector<Measure> wanted_measures(const CompareOptions& options) {
  std::vector<Measure> measures = all_measures();
  std::erase_if(measures, [&](const Measure& one) {
    const auto& wanted = options.measures;
    return !wanted.empty() && std::find(wanted.begin(), wanted.end(), one.name) == wanted.end();
  });
  return measures;
}

void join(std::vector<ComparedPair>& pairs, RunComparison& comparison) {
  std::vector<double> all;
  for (const ComparedPair& pair : pairs) {
    for (const MeasureChange& measure : pair.change.measures) all.push_back(measure.p_value);
  }
  const std::vector<double> adjusted = holm_adjusted(all);
  auto next = adjusted.begin();
  std::vector<ScenarioChange> alone;
  std::swap(alone, comparison.scenarios);
  for (ComparedPair& pair : pairs) {
    for (MeasureChange& measure : pair.change.measures) measure.p_value = *next++;
    comparison.scenarios.push_back(std::move(pair.change));
  }
  std::move(alone.begin(), alone.end(), std::back_inserter(comparison.scenarios));
}

}  // namespace busmark

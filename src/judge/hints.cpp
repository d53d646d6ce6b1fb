// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/core.h>
#include <fmt/format.h>

#include "judge/advice.hpp"
#include "record/diagnosis.hpp"
#include "record/percentiles.hpp"
#include "stat/percentile_interval.hpp"

namespace busmark {
namespace {

using Hints = std::vector<std::string>;

void hint_at_build(const Environment& environment, Hints& hints) {
  if (!environment.build.optimised || environment.build.sanitized) {
    hints.push_back(
        "this build is not optimised or is sanitized: its figures mean nothing; "
        "build with ./dev build");
  }
}

void hint_at_load(const Environment& environment, Hints& hints) {
  if (environment.load_average &&
      *environment.load_average > environment.online_cpus * WorthTelling::busy) {
    hints.push_back(
        fmt::format("the load average before the run was {:.2f} on {} cpus: other work "
                    "ran beside it",
                    *environment.load_average, environment.online_cpus));
  }
}

/// What the doctor found: each fault with its cure, and everything that costs latency in one line.
void hint_at_findings(const std::vector<StoredFinding>& findings, Hints& hints) {
  std::vector<std::string> costs;
  for (const StoredFinding& finding : findings) {
    if (finding.level == to_string(FindingLevel::warn)) costs.push_back(finding.id);
    if (finding.level != to_string(FindingLevel::fail)) continue;
    hints.push_back(fmt::format("{}: {}, wanted {}{}{}", finding.id, finding.found, finding.wanted,
                                finding.fix.empty() ? "" : "; ", fmt::join(finding.fix, "; ")));
  }
  if (!costs.empty()) {
    hints.push_back(
        fmt::format("settings of this machine that cost latency: {}; busmark doctor "
                    "tells what to do",
                    fmt::join(costs, ", ")));
  }
}

/// What the user asked for and did not get; everything else that was not done stands in the result.
void hint_at_tuning(const std::vector<TuningStep>& tuning, Hints& hints) {
  for (const TuningStep& step : tuning) {
    if (step.name == "sched_fifo" && !step.done) {
      hints.push_back("realtime = true had no effect for some thread, which ran as SCHED_OTHER; " +
                      step.detail);
    }
    if (step.name == "huge_pages" && !step.done) {
      hints.push_back("huge_pages had no effect in some repetition: " + step.detail);
    }
  }
}

/// Repetitions that ran at different distances of the same cores do not belong together.
void hint_at_distances(const StoredRun& run, Hints& hints) {
  std::size_t disturbed = 0;
  std::string example;
  std::set<Distance> distances;
  for (const StoredScenario& scenario : run.scenarios) {
    for (const StoredRepetition& repetition : scenario.repetitions) {
      if (repetition.disturbed) example = repetition.disturbance;
      disturbed += repetition.disturbed ? 1U : 0U;
      if (!repetition.disturbed) distances.insert(repetition.before.distance);
    }
  }
  if (disturbed > 0) {
    hints.push_back(fmt::format("{} repetition{} disturbed, and not used where others were not: {}",
                                disturbed, disturbed == 1 ? " was" : "s were", example));
  }
  if (distances.size() > 1) {
    hints.push_back(
        "the distance between the cores differed from repetition to repetition: compare "
        "only figures of one witness class, or use a machine with fixed cores");
  }
}

/// `a`, `a and b`, `a and 5 more`.
std::string names_text(const std::vector<std::string>& names) {
  if (names.size() == 1) return names.front();
  if (names.size() == 2) return names[0] + " and " + names[1];
  return fmt::format("{} and {} more", names.front(), names.size() - 1);
}

/// Much of the p99 response time passed before the message left its producer.
bool sent_late(const StoredScenario& scenario) {
  const PercentileEstimate* lag = scenario.pacing ? scenario.pacing->find(kP99) : nullptr;
  const PercentileEstimate* response = scenario.response.find(kP99);
  if (lag == nullptr || response == nullptr || !lag->supported || response->never()) return false;
  // Of whole nanoseconds, as both are.
  const Nanoseconds share(static_cast<std::int64_t>(static_cast<double>(response->value.count()) *
                                                    WorthTelling::late_share));
  return lag->value > share && lag->value > WorthTelling::late;
}

bool only_disturbed(const StoredScenario& scenario) {
  return !scenario.repetitions.empty() &&
         std::all_of(scenario.repetitions.begin(), scenario.repetitions.end(),
                     [](const StoredRepetition& one) { return one.disturbed; });
}

/// Some repetition sent all the sequence numbers that the audit can hold.
bool ran_out_of_numbers(const StoredScenario& scenario) {
  return std::any_of(scenario.repetitions.begin(), scenario.repetitions.end(),
                     [](const StoredRepetition& one) {
                       return one.ended_early && !one.interrupted && !one.called_off;
                     });
}

/// Some used repetition went into its window while its level still moved.
bool was_unsteady(const StoredScenario& scenario) {
  return std::any_of(scenario.repetitions.begin(), scenario.repetitions.end(),
                     [](const StoredRepetition& one) {
                       return one.used && one.warmup && !one.warmup->steady && !one.interrupted;
                     });
}

/// One for each scenario of which a repetition changed its level; the first such is named.
void hint_at_levels(const StoredRun& run, Hints& hints) {
  for (const StoredScenario& scenario : run.scenarios) {
    std::size_t changed = 0;
    std::string example;
    std::size_t number = 0;
    for (const StoredRepetition& repetition : scenario.repetitions) {
      ++number;
      const auto& changes = repetition.level_changes;
      if (!repetition.used || !changes || changes->empty()) continue;
      if (changed++ != 0) continue;
      const LevelChange& change = changes->front();
      example = fmt::format("repetition {} did not hold one level: p50 {} until {}, {} from there",
                            number, format_duration(change.before), format_duration(change.at),
                            format_duration(change.after));
    }
    if (changed == 0) continue;
    hints.push_back(fmt::format(
        "{}: {}{}; its percentiles mix the two, and --report FILE.html shows when", scenario.name,
        example, changed == 1 ? "" : fmt::format(", and {} more", changed - 1)));
  }
}

/// Percentiles that many samples do not carry, being worth so few: the highest that is withheld
/// though its samples are enough by number. One line; the scenario in which most are lacking.
void hint_at_effective_counts(const StoredRun& run, Hints& hints) {
  const StoredScenario* worst = nullptr;
  const PercentileEstimate* least = nullptr;
  std::size_t more = 0;
  for (const StoredScenario& scenario : run.scenarios) {
    const LatencySummary& response = scenario.response;
    if (scenario.part()) continue;
    const auto found = std::find_if(
        response.percentiles.begin(), response.percentiles.end(), [&](const auto& one) {
          return !one.supported && one.effective_count &&
                 response.count / scenario.copies.value_or(1) >= samples_needed(one.percentile);
        });
    if (found == response.percentiles.end()) continue;
    if (worst != nullptr) ++more;
    if (worst == nullptr || found->percentile < least->percentile) {
      worst = &scenario;
      least = &*found;
    }
  }
  if (worst == nullptr) return;
  hints.push_back(
      fmt::format("{}{}: its {} samples, which depend on their neighbours, are worth {} "
                  "independent ones at {}, "
                  "and that needs {}; a longer duration or more repetitions give them",
                  worst->name, more == 0 ? "" : fmt::format(" and {} more", more),
                  worst->response.count, *least->effective_count,
                  format_percentile(least->percentile), samples_needed(least->percentile)));
}

/// The probes before and after a run say too little of it.
void hint_at_noise_during(const StoredRun& run, Hints& hints) {
  const StoredScenario* worst = nullptr;
  std::size_t more = 0;
  for (const StoredScenario& scenario : run.scenarios) {
    const auto& floor = scenario.floor_during;
    if (!floor || !floor->noisier()) continue;
    if (worst != nullptr) ++more;
    if (worst == nullptr || floor->foreign_share > worst->floor_during->foreign_share) {
      worst = &scenario;
    }
  }
  if (worst == nullptr) return;
  const FloorDuringSummary& floor = *worst->floor_during;
  hints.push_back(fmt::format(
      "{}{}: the machine was noisier during the run than around it: cpu {}, which nothing "
      "measured, "
      "was taken or away for {:.2g} % of the time, and for {:.2g} % before and after; the machine "
      "floor of "
      "the measured cores, from before and after, may say too little",
      worst->name, more == 0 ? "" : fmt::format(" and {} more", more), floor.cpu,
      floor.foreign_share * 100, floor.around_share * 100));
}

/// One sentence for all scenarios of which the same is true.
template <typename Condition>
void hint_at(const StoredRun& run, Condition condition, const char* sentence, Hints& hints) {
  std::vector<std::string> names;
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.verdict != Verdict::skip && condition(scenario)) names.push_back(scenario.name);
  }
  if (!names.empty()) hints.push_back(names_text(names) + ": " + sentence);
}

}  // namespace

std::vector<std::string> find_hints(const StoredRun& run) {
  const StoredEnvironment& environment = run.environment;
  Hints hints;
  hint_at_build(environment.machine, hints);
  hint_at_load(environment.machine, hints);
  if (environment.findings) hint_at_findings(*environment.findings, hints);
  hint_at_tuning(environment.tuning, hints);
  hint_at_distances(run, hints);
  hint_at_levels(run, hints);
  hint_at_noise_during(run, hints);
  hint_at_effective_counts(run, hints);
  hint_at(run, only_disturbed,
          "every repetition was disturbed; the figures include the disturbance", hints);
  hint_at(
      run, [](const StoredScenario& s) { return s.placement.degraded_wait; },
      "more threads than cores, so waiting threads yield instead of spinning and latencies "
      "include the scheduler",
      hints);
  hint_at(
      run, ran_out_of_numbers,
      "a repetition ended before its window did, because the audit had no room for more messages; "
      "shorten duration",
      hints);
  hint_at(
      run, was_unsteady,
      "measured before the level was shown to be steady, at the limit of the warm-up: a backlog "
      "that grows, or too short a limit for how windows scatter (warmup = \"auto 60s\")",
      hints);
  hint_at(run, sent_late,
          "more than half of the p99 response time passed before the message left its producer "
          "(pacing_ns); isolate the producers' cores, or wait = \"spin\" if they sleep",
          hints);
  hint_at(
      run, [](const StoredScenario& s) { return s.users.has_value(); },
      "latency of a closed loop hides stalls, because a user who waits sends nothing (coordinated "
      "omission); load = \"10k/s\" in place of users shows them",
      hints);
  hint_at(
      run, [](const StoredScenario& s) { return s.users && !s.users->consistent(); },
      "rate x (answer + thought) does not account for all users (Little's law): some waited for "
      "answers that never came, or the run is short against their turns",
      hints);
  return hints;
}

}  // namespace busmark

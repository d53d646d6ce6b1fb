// SPDX-License-Identifier: Apache-2.0
#include "aspect/early_end/tell.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/table.hpp"

namespace busmark {
namespace {

/// The measured time that was asked for: `60s`.
std::string duration_of(const StoredScenario& scenario) {
  const std::optional<std::int64_t> ns = scenario.whole("duration_ns");
  return duration_cell(ns ? std::optional(Nanoseconds(*ns)) : std::nullopt);
}

/// `repetition 2 of 3 ended after 3.2s of 60s: p95 < 5ms was certain to be missed; ...`.
std::string called_off_line(const StoredScenario& scenario, const StoredRepetition& repetition,
                            std::uint32_t number, std::uint32_t planned) {
  if (scenario.stopping) planned = std::max(planned, scenario.stopping->run);
  const MissedBudget& missed = *repetition.called_off;
  std::string text = fmt::format(
      "repetition {} of {} ended after {} of {}: {} was certain to be "
      "missed",
      number, planned, format_duration(missed.after), duration_of(scenario), missed.budget);
  if (repetition.disturbed) {
    text += "; it was disturbed, so that says nothing: " + repetition.disturbance;
  } else if (missed.for_good && number < planned) {
    text += fmt::format("; the other {} not run",
                        planned - number == 1 ? "was" : fmt::format("{} were", planned - number));
  }
  return text;
}

/// `steady after 650ms to 1.2s`, or in how many repetitions it never was.
std::string warmups_line(const StoredScenario& scenario) {
  Nanoseconds shortest = Nanoseconds::max();
  Nanoseconds longest{};
  std::size_t all = 0;
  const WarmupResult* unsteady = nullptr;
  std::size_t count = 0;
  for (const StoredRepetition& repetition : scenario.repetitions) {
    if (!repetition.warmup) continue;
    ++all;
    if (repetition.warmup->steady) {
      shortest = std::min(shortest, repetition.warmup->length);
      longest = std::max(longest, repetition.warmup->length);
    } else {
      ++count;
      unsteady = &*repetition.warmup;
    }
  }
  if (all == 0) return {};
  if (unsteady != nullptr) {
    return fmt::format("not steady after {} in {} of {} repetition{}: {}",
                       format_duration(unsteady->length), count, all, all == 1 ? "" : "s",
                       unsteady->found);
  }
  std::string text = "steady after " + format_duration(shortest);
  if (longest != shortest) text += " to " + format_duration(longest);
  return text;
}

}  // namespace

std::string warmups_text(const StoredRun& run) {
  std::string text;
  for (const StoredScenario& scenario : run.scenarios) {
    const std::string line = warmups_line(scenario);
    if (line.empty()) continue;
    text += fmt::format("{:<14}{}: {}\n", "warm-up", scenario.name, line);
  }
  return text;
}

std::string stopping_text(const StoredRun& run) {
  std::string text;
  for (const StoredScenario& scenario : run.scenarios) {
    const std::optional<Stopping>& stopping = scenario.stopping;
    if (!stopping) continue;
    const bool undecided = scenario.verdict == Verdict::inconclusive;
    if (stopping->run == stopping->planned && !undecided && !run.until) continue;
    text += fmt::format("{:<14}{}: {} planned, {} run; {}\n", "repetitions", scenario.name,
                        stopping->planned, stopping->run, stopping->reason);
  }
  return text;
}

std::string called_off_text(const StoredRun& run) {
  std::string text;
  for (const StoredScenario& scenario : run.scenarios) {
    std::uint32_t number = 0;
    for (const StoredRepetition& repetition : scenario.repetitions) {
      if (repetition.attempt == 1) ++number;
      if (!repetition.called_off) continue;
      text += fmt::format("{:<14}{}: {}\n", "ended early", scenario.name,
                          called_off_line(scenario, repetition, number, run.planned_repetitions));
    }
    if (scenario.part()) {
      text += fmt::format(
          "{:<14}{}: its percentiles are withheld, being of a part; max, rate and "
          "counts are of that part\n",
          "", scenario.name);
    }
  }
  return text;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "aspect/early_end/tell.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "record/run_result.hpp"

namespace busmark {
namespace {

/// `repetition 2 of 3 ended after 3.2s of 60s: p95 < 5ms was certain to be missed; ...`.
std::string called_off_line(const ScenarioResult& result, const RepetitionResult& repetition,
                            std::uint32_t number, std::uint32_t planned) {
  if (result.stopping) planned = std::max(planned, result.stopping->run);
  std::string text = fmt::format(
      "repetition {} of {} ended after {} of {}: {} was certain to be "
      "missed",
      number, planned, format_duration(repetition.missed->after),
      format_duration(result.scenario.duration), repetition.missed->budget);
  if (repetition.disturbed()) {
    text += "; it was disturbed, so that says nothing: " + repetition.disturbance;
  } else if (repetition.missed->for_good && number < planned) {
    text += fmt::format("; the other {} not run",
                        planned - number == 1 ? "was" : fmt::format("{} were", planned - number));
  }
  return text;
}

/// `steady after 650ms to 1.2s`, or in how many repetitions it never was.
std::string warmups_line(const ScenarioResult& result) {
  Nanoseconds shortest = Nanoseconds::max();
  Nanoseconds longest{};
  std::size_t all = 0;
  const WarmupResult* unsteady = nullptr;
  std::size_t count = 0;
  for (const RepetitionResult& repetition : result.repetitions) {
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

std::string warmups_text(const JudgedRun& run) {
  std::string text;
  for (const JudgedScenario& judged : run.scenarios) {
    const std::string line = warmups_line(*judged.result);
    if (line.empty()) continue;
    text += fmt::format("{:<14}{}: {}\n", "warm-up", judged.result->scenario.name, line);
  }
  return text;
}

std::string stopping_text(const JudgedRun& run) {
  std::string text;
  const bool asked = !run.result->options.until.precise.empty();
  for (const JudgedScenario& judged : run.scenarios) {
    const std::optional<Stopping>& stopping = judged.result->stopping;
    if (!stopping) continue;
    const bool undecided = judged.verdict.verdict == Verdict::inconclusive;
    if (stopping->run == stopping->planned && !undecided && !asked) continue;
    text += fmt::format("{:<14}{}: {} planned, {} run; {}\n", "repetitions",
                        judged.result->scenario.name, stopping->planned, stopping->run,
                        stopping->reason);
  }
  return text;
}

std::string called_off_text(const JudgedRun& run) {
  std::string text;
  for (const JudgedScenario& judged : run.scenarios) {
    std::uint32_t number = 0;
    for (const RepetitionResult& repetition : judged.result->repetitions) {
      if (repetition.attempt == 1) ++number;
      if (!repetition.missed) continue;
      text += fmt::format(
          "{:<14}{}: {}\n", "ended early", judged.result->scenario.name,
          called_off_line(*judged.result, repetition, number, run.result->options.repetitions));
    }
    if (judged.summary.part) {
      text += fmt::format(
          "{:<14}{}: its percentiles are withheld, being of a part; max, rate and "
          "counts are of that part\n",
          "", judged.result->scenario.name);
    }
  }
  return text;
}

}  // namespace busmark

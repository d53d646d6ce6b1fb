// SPDX-License-Identifier: Apache-2.0
#include "repetition_text.hpp"

#include <fmt/format.h>

namespace busmark {
namespace {

/// `repetition 2 of 3 ended after 3.2s of 60s: p95 < 5ms was certain to be missed; ...`.
std::string called_off_line(const ScenarioResult& result, const RepetitionResult& repetition,
                            std::uint32_t number, std::uint32_t planned) {
  std::string text = fmt::format(
      "repetition {} of {} ended after {} of {}: {} was certain to be "
      "missed",
      number, planned, format_duration(repetition.missed->after),
      format_duration(result.scenario.duration), repetition.missed->budget);
  if (repetition.disturbed()) {
    text += "; it was disturbed, so that says nothing: " + repetition.disturbance;
  } else if (number < planned) {
    text += fmt::format("; the other {} not run",
                        planned - number == 1 ? "was" : fmt::format("{} were", planned - number));
  }
  return text;
}

}  // namespace

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

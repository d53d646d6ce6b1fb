// SPDX-License-Identifier: Apache-2.0
#include "aspect/users/summary.hpp"

namespace busmark {

std::optional<UsersSummary> summarise_users(const ScenarioResult& result,
                                            const std::vector<std::uint32_t>& used) {
  if (result.scenario.users == 0 || used.empty()) return std::nullopt;
  UsersSummary summary;
  summary.users = result.scenario.users;
  double time = 0;
  double answers = 0;
  double thoughts = 0;
  double thought = 0;
  double sends = 0;
  double held_up = 0;
  for (const std::uint32_t i : used) {
    const RepetitionResult& repetition = result.repetitions[i];
    const Histogram& lag = repetition.pacing.lag;
    summary.turns += repetition.response.total();
    time += static_cast<double>(repetition.elapsed.count());
    answers += repetition.response.mean() * static_cast<double>(repetition.response.total());
    thoughts += static_cast<double>(repetition.users.thoughts);
    thought += static_cast<double>(repetition.users.thought.count());
    sends += static_cast<double>(lag.total());
    held_up += lag.mean() * static_cast<double>(lag.total());
  }
  const auto turns = static_cast<double>(summary.turns);
  if (time <= 0 || turns <= 0) return summary;
  summary.turns_per_second = turns / time * 1e9;
  summary.answer_mean_ns = answers / turns;
  summary.thought_mean_ns = thoughts > 0 ? thought / thoughts : 0;
  summary.held_up_mean_ns = sends > 0 ? held_up / sends : 0;
  summary.found_by_littles_law =
      summary.turns_per_second *
      (summary.answer_mean_ns + summary.thought_mean_ns + summary.held_up_mean_ns) / 1e9;
  return summary;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "verb/tune/plan.hpp"

#include <algorithm>
#include <cmath>

#include "judge/summary.hpp"
#include "stat/percentile_interval.hpp"
#include "verb/ab/judge.hpp"
#include "verb/tune/ledger.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kUsualBlock = 50ms;
constexpr Nanoseconds kShortestBlock = 20ms;
constexpr Nanoseconds kLongestBlock = 1s;
/// Halves: most trials end early, so they may be planned half as long again.
constexpr int kEarlyEnds = 3;
/// Threads, witness, probes: about what was measured on two cores.
constexpr Nanoseconds kAroundBlock = 60ms;

}  // namespace

Nanoseconds whole_block(Nanoseconds measured) noexcept { return measured * 3 / 2 + kAroundBlock; }

Nanoseconds least_block(const Scenario& scenario, const std::string& measure,
                        Nanoseconds shortest) {
  if (!scenario.load.rate || !measure.starts_with('p')) return shortest;
  const double samples = 1.5 * static_cast<double>(samples_needed(parse_percentile(measure)));
  const double milliseconds = std::ceil(1e3 * samples / scenario.load.rate->per_second);
  return std::max<Nanoseconds>(shortest, std::chrono::milliseconds(std::llround(milliseconds)));
}

TunePlan plan_trials(const TuneTimes& times) {
  constexpr auto kArms = static_cast<std::int64_t>(kAbArms);
  // One more trial: the start against the end.
  const auto trials = static_cast<std::int64_t>(times.trials + 1);
  const Nanoseconds whole = times.session / trials * kEarlyEnds / 2;
  const Nanoseconds trial = std::max<Nanoseconds>(whole - kAroundTrial, 0ns);
  TunePlan plan{.block = times.block.value_or(std::max(kUsualBlock, times.least_block)),
                .rounds = times.rounds.value_or(0)};
  const std::int64_t fitting = trial / (kArms * whole_block(plan.block));
  if (!times.rounds) {
    plan.rounds =
        std::max(rounds_for_family(2 * times.trials),
                 static_cast<std::uint32_t>(std::min<std::int64_t>(fitting, kMostTuneRounds)));
  }
  // Too little time for blocks of this length, or more than rounds could use.
  const bool crowded = fitting < plan.rounds;
  const bool ample = fitting > plan.rounds;
  if (times.block || !(crowded || ample)) return plan;
  const Nanoseconds each = trial / (kArms * static_cast<std::int64_t>(plan.rounds));
  const Nanoseconds block =
      std::clamp((each - kAroundBlock) * 2 / 3, kShortestBlock, kLongestBlock);
  plan.block = std::max<Nanoseconds>(std::chrono::floor<std::chrono::milliseconds>(block),
                                     times.least_block);
  return plan;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/runner.hpp"
#include "record/until.hpp"

namespace busmark {

/// What a scenario may have.
struct RepetitionLimits {
  std::uint32_t planned = 1;
  std::uint32_t most = 1;             ///< In all.
  std::optional<Nanoseconds> left{};  ///< For more of them; empty: as long as they take.
};

/// Whether a scenario needs more repetitions than it has, and how many are to be run before this is
/// asked again. `so_far` has them all, disturbed ones too, and the time that they took. More are
/// run while a budget is undecided or a wanted percentile not known well enough, by the stopping
/// rule, unless one is missed, and never for what more of the same does not change: figures that
/// cannot be trusted, percentiles that all of them together have too few samples for. Pure.
[[nodiscard]] Look look_for_more(const ScenarioResult& so_far, const Until& until,
                                 const RepetitionLimits& limits);

/// A percentile that the samples of all repetitions together cannot carry.
struct TooFewSamples {
  std::string what;               ///< The budget, with its class, or the wanted precision.
  double samples = 0;             ///< Of different messages, as many as there will be.
  std::uint64_t needed = 0;       ///< samples_needed().
  Nanoseconds duration_needed{};  ///< Of each repetition, so that there are enough.
};
/// Of the budgets of a scenario at a rate, and of `until`. Pure.
[[nodiscard]] std::vector<TooFewSamples> too_few_samples(const Scenario& scenario,
                                                         const Until& until,
                                                         std::uint32_t repetitions);

/// What no repetition like the planned ones can show, however many are run: too few samples, too
/// few messages for a rate, a rate above the load. Sentences that say what would do. Pure.
[[nodiscard]] std::vector<std::string> cannot_be_judged(const Scenario& scenario,
                                                        const Until& until,
                                                        std::uint32_t repetitions);

/// The time for more repetitions that one of `scenarios`, of which it is the first, may have: an
/// even share of what is left of `at_most` once `used` is gone and `reserved` is kept for what is
/// planned.
[[nodiscard]] Nanoseconds share_of_time(Nanoseconds at_most, Nanoseconds used, Nanoseconds reserved,
                                        std::size_t scenarios) noexcept;

}  // namespace busmark

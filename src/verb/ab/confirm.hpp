// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/live_progress.hpp"
#include "judge/compare.hpp"

namespace busmark {

/// Sessions that are to repeat what one has found.
struct AbConfirmation {
  std::vector<std::string> words;  ///< Of the command, without the program and its results.
  std::uint64_t seed = 1;          ///< Of the session that is repeated.
  std::uint32_t sessions = 0;
};

/// Where `comparison` calls any difference: repeats the session in fresh processes with seeds of
/// their own, and leaves standing what more than half of them call too and none calls the other
/// way; the rest becomes inconclusive. Prints a table of the sessions. Throws SetupError when a
/// session gives no result. Ends early, and leaves all calls inconclusive, when `stop` is set.
void confirm_calls(RunComparison& comparison, const AbConfirmation& wanted, const StopFlag& stop);

}  // namespace busmark

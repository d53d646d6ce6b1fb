// SPDX-License-Identifier: Apache-2.0
#include "aspect/fault/corruption.hpp"

#include <fmt/format.h>

namespace busmark {

std::optional<std::string> unexplained_corruption(const ScenarioResult& result) {
  std::uint64_t corrupt = 0;
  for (const RepetitionResult& repetition : result.repetitions) {
    if (!repetition.fault || !repetition.fault->corrupt) {
      corrupt += repetition.counts.corrupt;
      continue;
    }
    const auto [planted, found] = *repetition.fault->corrupt;
    const std::uint64_t missing = repetition.counts.lost + repetition.counts.dropped;
    if (found <= planted && planted - found <= missing) continue;
    return fmt::format("of {} payloads that were broken on purpose {} were found corrupt{}",
                       planted, found,
                       missing == 0 ? "" : fmt::format(", and {} messages are missing", missing));
  }
  if (corrupt == 0) return std::nullopt;
  return fmt::format("{} messages arrived corrupt", corrupt);
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace busmark {

/// Something that GitHub Actions is to show beside a run.
struct Annotation {
  enum class Level : std::uint8_t { error, warning };
  Level level = Level::error;
  /// Of two of one level the smaller comes first; of a budget its margin.
  double margin = 0;
  std::string title;
  std::string message;
};

/// The ten worst as workflow commands, and how many more there are: GitHub shows no more than ten
/// of a step.
[[nodiscard]] std::string write_worst(std::vector<Annotation> annotations);

}  // namespace busmark

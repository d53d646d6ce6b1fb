// SPDX-License-Identifier: Apache-2.0
#include "tell/annotations.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.hpp"

namespace busmark {

std::string write_worst(std::vector<Annotation> annotations) {
  constexpr std::size_t kShown = 10;
  std::stable_sort(annotations.begin(), annotations.end(), [](const auto& one, const auto& other) {
    return std::tie(one.level, one.margin) < std::tie(other.level, other.margin);
  });
  const std::size_t shown = std::min(kShown, annotations.size());
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const Annotation& one = annotations[i];
    text += annotation(one.level == Annotation::Level::error ? "error" : "warning", one.title,
                       one.message);
  }
  if (shown == annotations.size()) return text;
  return text + annotation("notice", "busmark",
                           fmt::format("{} more; the summary of the step has them all",
                                       annotations.size() - shown));
}

}  // namespace busmark

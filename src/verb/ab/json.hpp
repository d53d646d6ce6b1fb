// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "verb/ab/judge.hpp"

namespace busmark {

inline constexpr const char* kAbSchema = "busmark.ab/1";

/// `busmark.ab/1`: what was compared, the verdicts, and every block's figures, so that whoever
/// doubts a verdict can reckon it again. Unknown and withheld values are null. Pure.
[[nodiscard]] std::string write_ab_json(const AbSession& session, const RunComparison& comparison);

/// A verdict of a stored session.
struct AbCall {
  std::string scenario;
  std::string measure;
  std::string verdict;  ///< As Change is written.
  double effect = 0;
};
/// Throws SetupError, which names `file`, for what is no `busmark.ab/1`.
[[nodiscard]] std::vector<AbCall> read_ab_calls(const std::string& text, const std::string& file);

}  // namespace busmark

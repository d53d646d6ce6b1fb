// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace busmark {

/// Why a command line was refused.
struct Refusal {
  std::vector<const Verb*> path;     ///< From the program to the last verb that was understood.
  std::vector<std::string> strays;   ///< Words that belong nowhere.
  bool incomplete = false;           ///< A verb or an operand is missing.
  std::vector<std::string> missing;  ///< These operands.
  std::string said;                  ///< By the parser.
};

/// What is wrong, in one sentence: the argument, and what to write instead. The parser's own words
/// know neither verbs nor near names.
[[nodiscard]] std::string usage_mistake(const Refusal& refusal);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "judge/compare.hpp"

namespace busmark {

/// `10%` is 0.1. Throws ConfigError, which names the flag.
[[nodiscard]] double parse_share(const std::string& text, const std::string& flag);

/// The arguments that `compare`, `ab` and `run --baseline` share.
struct ComparisonFlags {
  std::string threshold;  ///< `10%`; empty: the default.
  std::string measures;   ///< `p50,p95,rate`; empty: all.
  bool force = false;
  bool fail_inconclusive = false;

  /// `usual`: the threshold when none is given. `forcible`: with --force.
  [[nodiscard]] std::vector<Argument> arguments(const std::string& usual = "10%",
                                                bool forcible = true);
  /// Throws ConfigError for what cannot be read.
  [[nodiscard]] CompareOptions options() const;
};

}  // namespace busmark

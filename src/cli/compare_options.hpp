// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "busmark/analysis/compare.hpp"

namespace CLI {
class App;
}

namespace busmark {

/// The arguments that `compare` and `run --baseline` share.
struct ComparisonFlags {
  std::string threshold;  ///< `10%`; empty: the default.
  std::string measures;   ///< `p50,p95,rate`; empty: all.
  bool force = false;
  bool fail_inconclusive = false;

  void add_to(CLI::App& command);
  /// Throws ConfigError for what cannot be read.
  [[nodiscard]] CompareOptions options() const;
};

}  // namespace busmark

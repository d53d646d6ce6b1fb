// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

#include "cli/console.hpp"

namespace busmark {

/// Each step is tried even where another failed: a run may have taken minutes, so neither a full
/// disk nor a closed pipe may cost more than what was to go there.
class Delivery {
 public:
  template <typename Step>
  void attempt(Step step) {
    try {
      step();
    } catch (const std::exception& error) {
      fail(error.what());
    }
  }
  /// Something went wrong that no step threw.
  void fail(const std::string& problem) {
    complete_ = false;
    print_error(problem);
  }
  [[nodiscard]] bool complete() const noexcept { return complete_; }

 private:
  bool complete_ = true;
};

}  // namespace busmark

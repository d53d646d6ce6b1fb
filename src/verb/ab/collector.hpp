// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "verb/ab/judge.hpp"

namespace busmark {

/// Sorts blocks into the rounds of a session; a round counts when all its blocks are there.
class AbCollector {
 public:
  /// `session` must outlive this.
  explicit AbCollector(AbSession& session) : session_(session) {}

  /// Blocks come in the order of their numbers, from 0.
  void add(AbArm arm, std::uint32_t block, const StoredRun& run);

 private:
  struct Round {
    std::array<AbBlock, kAbArms> blocks;
    std::size_t filled = 0;
    bool paced = true;
    std::string budgeted{};
  };

  void end();
  void tell_differences(const StoredEnvironment& environment_of_b);

  AbSession& session_;
  std::vector<std::pair<std::string, Round>> round_;
  std::optional<StoredEnvironment> environment_of_a_;
  bool told_ = false;
};

}  // namespace busmark

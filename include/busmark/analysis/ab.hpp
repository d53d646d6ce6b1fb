// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/analysis/compare.hpp"

namespace busmark {

/// What takes part in an interleaved comparison: two sides, and A once more, which nobody is told
/// of and which shows what the machine does to equals.
enum class AbArm : std::uint8_t { a, b, again };
inline constexpr std::size_t kAbArms = 3;

/// The order of the arms in each round: drawn at random, every second round the reverse of the one
/// before, so that neither a place in the round nor a steady drift favours an arm. The same seed
/// gives the same orders.
[[nodiscard]] std::vector<std::array<AbArm, kAbArms>> ab_orders(std::size_t rounds,
                                                                std::uint64_t seed);

/// One scenario in one block.
struct AbBlock {
  std::vector<std::optional<double>> values;  ///< As `all_measures`; none where withheld.
  std::string invalid;                        ///< Why its figures cannot be trusted.
  std::string disturbance;                    ///< What the machine did meanwhile.
};
/// `scenario` has one repetition.
[[nodiscard]] AbBlock read_block(const StoredScenario& scenario);

struct AbScenario {
  std::string name;
  std::vector<std::array<AbBlock, kAbArms>> rounds;  ///< By AbArm.
  std::vector<std::string> notes{};
};

/// Everything one `busmark ab` has measured.
struct AbSession {
  std::string config;
  std::string a;  ///< What the arm is, in the user's words.
  std::string b;
  std::string started_at;
  bool interrupted = false;
  std::uint32_t planned_rounds = 0;
  Nanoseconds block{};                     ///< Measured time of a scenario in a block.
  std::vector<std::string> differences{};  ///< Of the two sides' programs.
  std::vector<AbScenario> scenarios;
};

/// Judges every measure of every scenario by judge_paired. Rounds with an invalid block are not
/// used, nor disturbed ones where at least half are not. Pure, and the same every time.
[[nodiscard]] RunComparison compare_blocks(const AbSession& session, const CompareOptions& options);

}  // namespace busmark

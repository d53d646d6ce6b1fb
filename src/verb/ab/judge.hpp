// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "judge/compare.hpp"

namespace busmark {

/// What takes part in an interleaved comparison: two sides, and A once more, which is as good a
/// basis as A and shows what the machine does to equals.
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
  double undelivered = 0;                     ///< Share dropped, refused or lost.
};
/// `scenario` has one repetition.
[[nodiscard]] AbBlock read_block(const StoredScenario& scenario);

struct AbScenario {
  std::string name;
  std::vector<std::array<AbBlock, kAbArms>> rounds;  ///< By AbArm.
  std::vector<std::string> notes{};
  std::string budgeted{};  ///< Measure of its first budget that has one; empty: none.
  bool paced = false;      ///< Its rate is set and no figure of its own.
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
  /// Of the 5 % of being wrong what the look that is judged may use (see AbLooks); 1: all of it.
  double look_share = 1;
  std::uint32_t looks = 1;                  ///< How often it has been judged.
  std::optional<Nanoseconds> at_most{};     ///< Where it was to go on until decided.
  bool decided = false;                     ///< It ended since it was.
  std::optional<Nanoseconds> round_time{};  ///< Of one that goes on until decided, mean.
};

/// When a session that ends as soon as it is decided is judged, and by how much of the 5 %: at the
/// shares 1, 2/3, 4/9 ... of the longest time, by a third, 2/9, 4/27 ... of it. Together that is
/// not more than all of it, so an interval or verdict holds whenever the session ends, whatever
/// made it end. Source: Jennison and Turnbull, Group Sequential Methods, 9 (repeated confidence
/// intervals), with Bonferroni's bound in place of the joint distribution of the looks.
class AbLooks {
 public:
  /// The share for a look at `progress` (of the longest time or the rounds, 1: the end); nothing
  /// where no look is due.
  [[nodiscard]] std::optional<double> due(double progress) noexcept;
  /// The share for the look at the end, whenever that is.
  [[nodiscard]] static double last() noexcept;

 private:
  int used_ = 1000;  ///< Looks between the last one and the end.
};

/// Fewer rounds would not show a B that fails in some of them.
inline constexpr std::size_t kFewestToDecide = 30;
/// Whether a session need not go on: in each scenario the primary measure has a verdict and no
/// doubt is left whether B fails more often; or it is known that it does. Pure.
[[nodiscard]] bool is_decided(const RunComparison& comparison);

/// Judges every measure of every scenario by judge_paired. A block that is INVALID is worse than
/// any that is valid; one that the machine disturbed takes its round with it, where at least half
/// of them are not and B is not disturbed more often. How often a side is INVALID, is disturbed and
/// gives messages up is a row of its own where it happens at all. Half of the 5 % is for the
/// primary measure: that of the budget, else p95, else the first; a quarter for those rows, the
/// rest for all others (Holm, weighted). The rate of a paced load is none, unless asked for. Pure,
/// and the same every time.
[[nodiscard]] RunComparison compare_blocks(const AbSession& session, const CompareOptions& options);

}  // namespace busmark

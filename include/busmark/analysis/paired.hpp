// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "busmark/analysis/compare.hpp"

namespace busmark {

/// One measure of interleaved blocks: the i-th values were taken side by side, in round i. `again`
/// is a second run of `a`. All positive and of the same length.
struct PairedBlocks {
  std::span<const double> a;
  std::span<const double> b;
  std::span<const double> again;
};

/// With fewer rounds a sign test cannot reach 5 %, nor its interval 95 %.
inline constexpr std::size_t kFewestRounds = 6;

/// How far B is from A, as shares: 0.1 is ten per cent more.
struct PairedEstimate {
  std::size_t rounds = 0;
  double effect = 0;  ///< Median over the rounds of b / a, less 1.
  double low = 0;     ///< Its 95 % interval.
  double high = 0;
  double p_value = 1;  ///< Sign test, two-sided, of no effect; not adjusted.
  double noise = 0;    ///< How far the same interval of again / a reaches from none.
};

/// Median of the rounds' quotients with the interval and test of their signs, which assume of the
/// machine's noise only that it treats A and B alike: exact, however skewed it is. The interval
/// covers in 95 % or more (order statistics are whole numbers). Pure.
/// Source: Conover, Practical Nonparametric Statistics, 3.2 and 3.4.
[[nodiscard]] PairedEstimate estimate_paired(const PairedBlocks& blocks);

struct PairedVerdict {
  Change change = Change::inconclusive;
  std::string reason;             ///< Why inconclusive.
  std::size_t rounds_needed = 0;  ///< For a conclusion, an estimate; 0: unknown or enough.
};

/// A difference needs all three: the interval beyond the threshold, the adjusted p value below 5 %,
/// and an effect that exceeds what A differs from itself. No change needs the interval within the
/// threshold. `family` is how many measures are judged together; `p_value` is adjusted for them.
[[nodiscard]] PairedVerdict judge_paired(const PairedEstimate& estimate, double p_value,
                                         double threshold, bool more_is_better, std::size_t family);

}  // namespace busmark

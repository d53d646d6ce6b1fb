// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "judge/compare.hpp"
#include "stat/statistics.hpp"

namespace busmark {

/// One measure of interleaved blocks: the i-th values were taken side by side, in round i. `again`
/// is a second run of `a`. Positive and of the same length; infinity is worse than anything (of a
/// rate 0), which is what a block that failed counts as.
struct PairedBlocks {
  std::span<const double> a;
  std::span<const double> b;
  std::span<const double> again;
};

/// With fewer rounds nothing is concluded.
inline constexpr std::size_t kFewestRounds = 6;

/// How far B is from A, as shares: 0.1 is ten per cent more.
struct PairedEstimate {
  std::size_t rounds = 0;
  double effect = 0;  ///< The factor by which B is greater, less 1.
  double low = 0;     ///< Its interval; -1 and infinity where the rounds do not bound it.
  double high = 0;
  double p_value = 1;  ///< Two-sided, of no effect; not adjusted.
  double noise = 0;    ///< How far the 95 % interval of again / a reaches from none.
};

/// Aligned ranks of the logarithms of each round's three blocks (see aligned_rank_tails), with the
/// interval by inversion of that test at `alpha`: both assume only that the order within a round
/// was drawn. `noise` is of the median of again / a by the sign test, for people to see. Pure.
[[nodiscard]] PairedEstimate estimate_paired(const PairedBlocks& blocks,
                                             double alpha = kSignificance);

struct PairedVerdict {
  Change change = Change::inconclusive;
  std::string reason;             ///< Why inconclusive.
  std::size_t rounds_needed = 0;  ///< For a conclusion, an estimate; 0: unknown or enough.
};

/// A difference needs the interval beyond the threshold and the adjusted p value below 5 %. No
/// change needs the interval within the threshold. `p_value` is adjusted for all that is judged
/// together, of which this one has the `weight`.
[[nodiscard]] PairedVerdict judge_paired(const PairedEstimate& estimate, double p_value,
                                         double threshold, bool more_is_better, double weight = 1);

}  // namespace busmark

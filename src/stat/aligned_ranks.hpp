// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace busmark {

/// What A, B and the copy of A gave in one round. An infinite value is worse or better than any
/// finite one and equal to its like.
using RoundValues = std::array<double, 3>;
inline constexpr std::size_t kPlaceOfB = 1;

/// Chances that the ranks of B are by accident as high, and as low, as they are.
struct RankTails {
  double above = 1;
  double below = 1;
  [[nodiscard]] double two_sided() const noexcept;
};

/// Is B, less `shift`, one of three alike? Each value less the median of its round, ranked among
/// all of them; the sum of B's ranks against what it would be if B were drawn from the three of
/// each round. That draw was made when the order of the blocks was, so the chances are right
/// whatever the noise looks like. Exact by counting up to 12 rounds; beyond, the normal
/// approximation with the variance that the ranks have. Rounds of three equal values count for
/// nothing. Source: Hodges and Lehmann, Rank methods for combination of independent experiments,
/// 1962.
[[nodiscard]] RankTails aligned_rank_tails(std::span<const RoundValues> rounds, double shift = 0);

/// By how much B is greater.
struct ShiftEstimate {
  double value = 0;
  double low = 0;  ///< Infinite where the rounds do not bound it, as the next.
  double high = 0;
};
/// The shifts that the test above does not reject at `alpha`, and the one it finds likeliest: so
/// the interval excludes 0 exactly where the p value is at most `alpha`. Zeros without a finite
/// round.
[[nodiscard]] ShiftEstimate estimate_shift(std::span<const RoundValues> rounds, double alpha);

/// The same chances of something that is seen in a block or is not. Exact for any number.
struct RoundEvents {
  bool a = false;
  bool b = false;
  bool again = false;
};
[[nodiscard]] RankTails event_tails(std::span<const RoundEvents> rounds);

/// Smallest two-sided p value that so many rounds can give.
[[nodiscard]] double least_aligned_p(std::size_t rounds) noexcept;

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace busmark {

/// How the chance that a trial holds falls with the rate: a logistic curve of the logarithm of the
/// rate, of which the place and the width are not known. It is bent so that one trial in 50 goes
/// wrong by chance wherever it is. What is kept is how likely each place and width is after the
/// trials so far, all of them taken as likely before (widths from 0.2 to 13 % of the rate).
/// Sources: Watson and Pelli, QUEST: a Bayesian adaptive psychometric method, 1983; Kontsevich and
/// Tyler, Bayesian adaptive estimation of psychometric slope and threshold, 1999. One thread.
class HoldCurve {
 public:
  /// What a rate has to hold: nine trials in ten. The exceed ratio of RFC 9971 is what is left.
  static constexpr double kShare = 0.9;
  static constexpr double kLapse = 0.02;
  /// A short trial's word counts for less: it goes wrong once in ten.
  static constexpr double kShortLapse = 0.1;

  /// `lowest` and `highest`: rates that are tried, per second. `precision`: 0.02 tells rates apart
  /// that differ by a quarter of a percent.
  HoldCurve(double lowest, double highest, double precision);

  void add(double rate, bool holds, double lapse = kLapse);
  /// The chance that a trial at this rate holds in kShare of all cases or more often.
  [[nodiscard]] double sure(double rate) const;
  /// The rate that kShare hold lies below this one with a chance of `chance`.
  [[nodiscard]] double quantile(double chance) const;

 private:
  double begin_;                     ///< Logarithm of the lowest rate that kShare may hold.
  double spacing_;                   ///< Of the logarithms.
  std::size_t places_;               ///< Of the rate that kShare hold.
  std::vector<double> likely_;       ///< Of each width, of each place.
  std::vector<double> at_or_above_;  ///< Of each place, over all widths, summed from above.
};

}  // namespace busmark

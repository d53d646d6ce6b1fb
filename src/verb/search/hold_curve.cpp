// SPDX-License-Identifier: Apache-2.0
#include "verb/search/hold_curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace busmark {
namespace {

constexpr std::array kWidths{0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128};
// Of the logarithm, beyond what is tried: no rate holds, or all do.
constexpr double kBeyondTried = 0.5;
constexpr double kFlat = 30;  // beyond which the logistic is 0 or 1

double logistic(double x) {
  if (x > kFlat) return 1;
  return x < -kFlat ? 0 : 1 / (1 + std::exp(-x));
}

double bent(double chance, double lapse) { return lapse + (1 - 2 * lapse) * chance; }

}  // namespace

HoldCurve::HoldCurve(double lowest, double highest, double precision)
    : begin_(std::log(lowest) - kBeyondTried),
      spacing_(std::min(precision / 8, 0.01)),
      places_(static_cast<std::size_t>((std::log(highest) + kBeyondTried - begin_) / spacing_) + 1),
      likely_(places_ * kWidths.size(), 1 / static_cast<double>(places_ * kWidths.size())),
      at_or_above_(places_) {
  for (std::size_t i = 0; i < places_; ++i) {
    at_or_above_[i] = static_cast<double>(places_ - i) / static_cast<double>(places_);
  }
}

void HoldCurve::add(double rate, bool holds, double lapse) {
  // From the middle of the curve to where kShare hold, in widths.
  const double share = (kShare - kLapse) / (1 - 2 * kLapse);
  const double below = std::log(share / (1 - share));
  const double x = std::log(rate);
  double sum = 0;
  for (std::size_t w = 0; w < kWidths.size(); ++w) {
    for (std::size_t i = 0; i < places_; ++i) {
      const double place = begin_ + spacing_ * static_cast<double>(i);
      const double chance = bent(logistic((place - x) / kWidths[w] + below), lapse);
      double& likely = likely_[w * places_ + i];
      likely *= holds ? chance : 1 - chance;
      sum += likely;
    }
  }
  double above = 0;
  for (std::size_t i = places_; i-- > 0;) {
    for (std::size_t w = 0; w < kWidths.size(); ++w) {
      above += likely_[w * places_ + i] /= sum;
    }
    at_or_above_[i] = above;
  }
}

double HoldCurve::sure(double rate) const {
  const double place = std::ceil((std::log(rate) - begin_) / spacing_ - 1e-9);
  if (place <= 0) return 1;
  const auto index = static_cast<std::size_t>(place);
  return index < places_ ? at_or_above_[index] : 0;
}

double HoldCurve::quantile(double chance) const {
  const auto past = std::partition_point(at_or_above_.begin(), at_or_above_.end(),
                                         [chance](double above) { return above > 1 - chance; });
  const auto places = static_cast<double>(past - at_or_above_.begin());
  return std::exp(begin_ + spacing_ * std::max(places - 1, 0.0));
}

}  // namespace busmark

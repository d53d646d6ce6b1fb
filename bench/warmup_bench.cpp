// SPDX-License-Identifier: Apache-2.0
// When does `warmup = "auto"` end, and how far from its level is the response time then? Windows
// with a known level and scatter go through the product's own SteadyState: levels that decay as
// 1 + a exp(-t/tau), level ones, and ones whose scatter is autocorrelated. Each window scatters
// log-normally, for which the level is the median.
//
// usage: warmup_bench [SERIES [LIMIT_SECONDS]]    of each kind (100); longest warm-up (60)
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <random>
#include <vector>

#include <fmt/core.h>

#include "aspect/warmup/steady_state.hpp"

using namespace busmark;

namespace {

struct Kind {
  double amount = 0;       ///< a: so much too high at first; 0: level.
  double seconds = 1;      ///< tau
  double scatter = 0;      ///< Standard deviation of a window's logarithm.
  double correlation = 0;  ///< Of successive windows: AR(1).
};

double level(const Kind& kind, double seconds) {
  return 1 + kind.amount * std::exp(-seconds / kind.seconds);
}

/// Seconds until it was called steady; 0: not within the limit.
double steady_after(const Kind& kind, double limit, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  SteadyState state(false);
  double state_of_noise = normal(random);
  const double fresh = std::sqrt(1 - kind.correlation * kind.correlation);
  for (std::int64_t i = 1;; ++i) {
    const Nanoseconds end = SteadyState::kWindow * i;
    state_of_noise = kind.correlation * state_of_noise + fresh * normal(random);
    const double value = level(kind, in_seconds(end)) * std::exp(kind.scatter * state_of_noise);
    const bool last = in_seconds(end + SteadyState::kWindow) > limit;
    if (state.add(end, 1000 * value, 0) || (last && state.steady())) return in_seconds(end);
    if (last) return 0;
  }
}

double quantile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

void row(const Kind& kind, int series, double limit) {
  std::mt19937_64 random(15);
  std::vector<double> ends;
  int right = 0;
  for (int i = 0; i < series; ++i) {
    const double end = steady_after(kind, limit, random);
    if (end == 0) ++right;
    if (end == 0) continue;
    ends.push_back(end);
    if (level(kind, end) <= 1.02) ++right;
  }
  const std::string name =
      kind.amount == 0 ? "level" : fmt::format("{:.1f}, {:.0f} s", kind.amount, kind.seconds);
  fmt::print("| {:<8} | {:>4.1f} % | {:.1f} | {:>5.1f} % ", name, 100 * kind.scatter,
             kind.correlation, 100 * (1 - static_cast<double>(ends.size()) / series));
  if (ends.empty()) {
    fmt::print("|      - |      - |      - |       - ");
  } else {
    const double latest = quantile(ends, 0.9);
    const double middle = quantile(ends, 0.5);
    fmt::print("| {:>5.1f}s | {:>5.1f}s | {:>5.1f}% | {:>6.1f}% ", middle, latest,
               100 * (level(kind, middle) - 1), 100 * (level(kind, quantile(ends, 0.1)) - 1));
  }
  fmt::print("| {:>5.1f} % |\n", 100.0 * right / series);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const int series = argc > 1 ? std::atoi(argv[1]) : 100;
  const double limit = argc > 2 ? std::atof(argv[2]) : 60;
  if (series < 1 || limit < 4) {
    fmt::print(stderr, "usage: warmup_bench [SERIES [LIMIT_SECONDS]], from 1 and from 4\n");
    return 2;
  }
  fmt::print(
      "{} series each, at most {:.0f} s. right: at most 2 % too high at the end, or not called\n"
      "steady. Ends and excess are of those that were; p90 of the excess is the earliest tenth's.\n"
      "\n"
      "| a, tau   | scatter | corr. | not steady | end p50 | p90 | excess p50 | p90 | right |\n"
      "|---|---|---|---|---|---|---|---|---|\n",
      series, limit);
  for (const double scatter : {0.005, 0.03, 0.1, 0.3}) {
    for (const Kind& kind : {Kind{0.5, 1}, Kind{1, 3}, Kind{2, 3}, Kind{0.3, 2}, Kind{0.5, 10}}) {
      row({kind.amount, kind.seconds, scatter, 0}, series, limit);
    }
  }
  for (const double correlation : {0.0, 0.5, 0.8}) {
    for (const double scatter : {0.005, 0.03, 0.1, 0.3}) {
      row({0, 1, scatter, correlation}, series, limit);
      if (correlation > 0) row({1, 3, scatter, correlation}, series, limit);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
//
// What `busmark history` and `busmark soak` say of simulated series, through the product's own
// code: how often a level that does not change has a change point, how often one that changes is
// found, and how often the interval of a slope holds the true one, where each value remembers the
// one before it (AR(1), by `memory`). usage: series_bench [SERIES] (1000). Exit code 1: a limit of
// docs/decisions/0012 does not hold.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include <fmt/core.h>

#include "stat/theil_sen.hpp"
#include "verb/history/judge.hpp"

namespace {

using namespace busmark;

constexpr double kMostFalse = 0.05;
constexpr double kFewestCovered = 0.92;
constexpr double kScatter = 0.03;  // of a level, as a share

/// What a value is, given one that is normal.
enum class Shape { normal, heavy, two_states };

const char* name_of(Shape shape) {
  switch (shape) {
    case Shape::normal: return "normal, 3 %";
    case Shape::heavy: return "one in ten up to 10 times";
    case Shape::two_states: return "two states, by chance";
  }
  return "";
}

class Noise {
 public:
  explicit Noise(std::uint64_t seed) : random_(seed) {}

  /// Normal values of standard deviation 1, each with so much of the one before.
  std::vector<double> series(std::size_t count, double memory) {
    std::vector<double> values;
    double last = normal_(random_);
    for (std::size_t i = 0; i < count; ++i) {
      values.push_back(last);
      last = memory * last + std::sqrt(1 - memory * memory) * normal_(random_);
    }
    return values;
  }

  /// The same as latencies.
  std::vector<double> level(std::size_t count, double memory, Shape shape) {
    std::vector<double> values = series(count, memory);
    for (double& value : values) {
      const double state = shape == Shape::two_states && value > 0 ? 2.7 : 1;
      const double outlier = shape == Shape::heavy && uniform() < 0.1 ? 1 + 9 * uniform() : 1;
      value = 100 * state * outlier * std::exp(kScatter * value);
    }
    return values;
  }

 private:
  double uniform() { return (static_cast<double>(random_() >> 11) + 0.5) / 0x1p53; }

  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

bool tell_false_alarms(int tries) {
  bool holds = true;
  fmt::print(
      "One level: share of series in which any change point is found\n\n"
      "| values | memory | 12 values | 16 | 30 | 100 |\n|---|---|---|---|---|---|\n");
  for (const Shape shape : {Shape::normal, Shape::heavy, Shape::two_states}) {
    for (const double memory : {0.0, 0.3, 0.6, 0.9}) {
      if (memory > 0 && shape != Shape::normal) continue;
      fmt::print("| {} | {:.1f} |", name_of(shape), memory);
      for (const std::size_t count : {12U, 16U, 30U, 100U}) {
        Noise noise(count);
        double wrong = 0;
        for (int i = 0; i < tries; ++i) {
          const auto values = noise.level(count, memory, shape);
          wrong += find_change_points(values, 0.001).empty() ? 0 : 1.0 / tries;
        }
        if (memory == 0) {
          holds = holds && wrong <= kMostFalse + 3 * std::sqrt(kMostFalse * 0.95 / tries);
        }
        fmt::print(" {:.1f} % |", wrong * 100);
        std::fflush(stdout);
      }
      fmt::print("\n");
    }
  }
  return holds;
}

/// Series that change once: found within two places, and with how many points too many.
void tell_changes(int tries) {
  fmt::print(
      "\nOne change, by so many standard deviations of independent values: share of series in "
      "which it is found\nwithin two places; in brackets, in which another one is found, too\n\n"
      "| change | behind | 16 values | 30 | 100 |\n|---|---|---|---|---|\n");
  for (const double change : {1.5, 3.0, 6.0}) {
    for (const double behind : {0.5, 0.75}) {
      fmt::print("| {} | {:.0f} % |", change, behind * 100);
      for (const std::size_t count : {16U, 30U, 100U}) {
        Noise noise(count);
        double found = 0;
        double more = 0;
        const auto at = static_cast<std::size_t>(static_cast<double>(count) * behind);
        for (int i = 0; i < tries; ++i) {
          auto values = noise.level(count, 0, Shape::normal);
          for (std::size_t k = at; k < count; ++k) values[k] *= std::exp(kScatter * change);
          const auto points = find_change_points(values, 0.001);
          const bool near = std::any_of(points.begin(), points.end(), [&](const ChangePoint& one) {
            return one.at + 2 >= at && one.at <= at + 2;
          });
          found += near ? 1.0 / tries : 0;
          more += near && points.size() > 1 ? 1.0 / tries : 0;
        }
        fmt::print(" {:.0f} % ({:.1f}) |", found * 100, more * 100);
        std::fflush(stdout);
      }
      fmt::print("\n");
    }
  }
}

bool tell_slopes(int tries) {
  bool holds = true;
  fmt::print(
      "\nSlope by Theil and Sen: share of series whose 95 % interval holds the true one; in\n"
      "brackets, that have an interval at all, and its median width in standard deviations of\n"
      "the noise over the whole series\n\n"
      "| memory | 15 values | 30 | 60 | 120 | 300 |\n|---|---|---|---|---|---|\n");
  for (const double memory : {0.0, 0.5, 0.9}) {
    fmt::print("| {:.1f} |", memory);
    for (const std::size_t count : {15U, 30U, 60U, 120U, 300U}) {
      Noise noise(count);
      constexpr double kSlope = 0.1;
      int covered = 0;
      std::vector<double> widths;
      for (int i = 0; i < tries; ++i) {
        const auto values = noise.series(count, memory);
        std::vector<SeriesPoint> series;
        for (std::size_t k = 0; k < count; ++k) {
          series.push_back({static_cast<double>(k), values[k] + kSlope * static_cast<double>(k)});
        }
        const auto estimate = theil_sen(series);
        covered += !estimate->bounded() || (*estimate->low <= kSlope && kSlope <= *estimate->high);
        if (estimate->bounded()) {
          widths.push_back(2 * *estimate->half_width() * static_cast<double>(count));
        }
      }
      const double share = static_cast<double>(covered) / tries;
      holds = holds && share >= kFewestCovered - 2 * std::sqrt(0.92 * 0.08 / tries);
      fmt::print(" {:.1f} % ({:.0f} %, {:.1f}) |", share * 100,
                 100.0 * static_cast<double>(widths.size()) / tries, median(widths));
      std::fflush(stdout);
    }
    fmt::print("\n");
  }
  return holds;
}

}  // namespace

int main(int argc, char** argv) {
  const int tries = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1000;
  const bool alarms = tell_false_alarms(tries);
  tell_changes(std::max(1, tries / 2));
  const bool slopes = tell_slopes(tries);
  fmt::print("\n{}\n", alarms && slopes ? "all within the limits" : "a limit does not hold");
  return alarms && slopes ? 0 : 1;
}

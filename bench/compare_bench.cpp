// SPDX-License-Identifier: Apache-2.0
//
// How often `busmark compare` calls a difference between equals, and how often it finds one that is
// there, where runs of one program differ from each other: simulated runs through the product's own
// compare(). usage: compare_bench [COMPARISONS] (10000). Exit code 1: a limit of
// docs/decisions/0012 does not hold.

#include "judge/compare.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <fmt/core.h>

namespace {

using namespace busmark;

constexpr int kRepetitions = 5;
constexpr double kWithin = 0.02;
constexpr double kMostWrong = 0.05;
constexpr double kFewestFound = 0.80;
constexpr std::array kThresholds{0.02, 0.10};

/// What runs of one program differ by.
struct Machine {
  double spread = 0;        ///< Standard deviation of a run's level, as a share.
  bool two_states = false;  ///< Each run is in either of two states, one 2.7 times as slow.
};

/// Runs that are made once and given new figures for every comparison.
class Side {
 public:
  explicit Side(std::size_t runs) : runs_(runs) {
    for (StoredRun& run : runs_) {
      StoredScenario& scenario = run.scenarios.emplace_back();
      scenario.name = "one";
      scenario.repetitions.resize(kRepetitions);
      for (StoredRepetition& repetition : scenario.repetitions) {
        repetition.response.count = 1'000'000;
        repetition.counts.received = 1'000'000;
        for (const Percentile percentile : kReportedPercentiles) {
          repetition.response.percentiles.push_back({percentile, Nanoseconds(0)});
        }
      }
    }
  }

  /// Each measure moves with its run: one half of the variance is common to all measures.
  void draw(std::mt19937_64& random, const Machine& machine, double factor) {
    for (StoredRun& run : runs_) {
      const double common = normal_(random);
      const double state = machine.two_states && (random() & 1) != 0 ? 2.7 : 1;
      const auto level = [&] {
        return factor * state *
               std::exp(machine.spread * std::sqrt(0.5) * (common + normal_(random)));
      };
      const auto of_repetition = [&](double of_run) {
        return of_run * std::exp(kWithin * normal_(random));
      };
      auto& repetitions = run.scenarios.front().repetitions;
      for (std::size_t i = 0; i < kReportedPercentiles.size(); ++i) {
        const double of_run = 1e6 * level();
        for (StoredRepetition& repetition : repetitions) {
          repetition.response.percentiles[i].value =
              Nanoseconds(std::llround(of_repetition(of_run)));
        }
      }
      const double rate = 1e6 / level();
      const double cpu = 1e9 * level();
      for (StoredRepetition& repetition : repetitions) {
        repetition.rate.achieved = of_repetition(rate);
        repetition.resources.producers.user = Nanoseconds(std::llround(of_repetition(cpu)));
      }
    }
  }

  [[nodiscard]] const std::vector<StoredRun>& runs() const noexcept { return runs_; }

 private:
  std::vector<StoredRun> runs_;
  std::normal_distribution<double> normal_;
};

struct Counts {
  double called = 0;     ///< Any measure improved or regressed.
  double found = 0;      ///< p95 regressed.
  double no_change = 0;  ///< p95.
};

/// Shares of `tries` comparisons, by threshold.
std::array<Counts, 2> simulate(const Machine& machine, std::size_t old_runs, std::size_t new_runs,
                               double factor, int tries) {
  std::mt19937_64 random(1);
  Side before(old_runs);
  Side after(new_runs);
  std::array<Counts, 2> shares;
  for (int i = 0; i < tries; ++i) {
    before.draw(random, machine, 1);
    after.draw(random, machine, factor);
    for (std::size_t k = 0; k < kThresholds.size(); ++k) {
      const RunComparison comparison =
          compare(before.runs(), after.runs(), {.threshold = kThresholds[k]});
      const bool called =
          comparison.count(Change::regressed) + comparison.count(Change::improved) > 0;
      shares[k].called += called ? 1.0 / tries : 0;
      for (const MeasureChange& change : comparison.scenarios.front().measures) {
        if (change.measure != "p95") continue;
        shares[k].found += change.change == Change::regressed ? 1.0 / tries : 0;
        shares[k].no_change += change.change == Change::none ? 1.0 / tries : 0;
      }
    }
  }
  return shares;
}

std::string name_of(const Machine& machine) {
  if (machine.two_states) return "two states";
  return fmt::format("{:.0f} %", machine.spread * 100);
}

bool tell_equals(const std::vector<Machine>& machines, int tries) {
  constexpr std::array<std::array<std::size_t, 2>, 6> kSplits{
      {{1, 1}, {3, 3}, {5, 5}, {10, 10}, {5, 1}, {10, 1}}};
  bool holds = true;
  fmt::print(
      "Equals, {} comparisons of nine measures each: share in which any is called\n"
      "different; in brackets, in which p95 is called unchanged\n\n"
      "| runs differ by | threshold | 1 : 1 | 3 : 3 | 5 : 5 | 10 : 10 | 5 : 1 | 10 : 1 |\n"
      "|---|---|---|---|---|---|---|---|\n",
      tries);
  for (const Machine& machine : machines) {
    std::array<std::string, 2> lines;
    for (const auto& [before, after] : kSplits) {
      const auto shares = simulate(machine, before, after, 1, tries);
      for (std::size_t k = 0; k < lines.size(); ++k) {
        holds = holds && shares[k].called <= kMostWrong;
        lines[k] +=
            fmt::format(" {:.2f} % ({:.0f}) |", shares[k].called * 100, shares[k].no_change * 100);
      }
    }
    for (std::size_t k = 0; k < lines.size(); ++k) {
      fmt::print("| {} | {:.0f} % |{}\n", name_of(machine), kThresholds[k] * 100, lines[k]);
      std::fflush(stdout);
    }
  }
  return holds;
}

/// Power: a true change of `factor`.
bool tell_changes(double factor, double least, int tries) {
  constexpr std::array<std::array<std::size_t, 2>, 4> kSplits{{{3, 3}, {5, 5}, {10, 10}, {10, 1}}};
  bool holds = true;
  fmt::print(
      "\nA true {:+.0f} %: share in which p95 is called regressed, among nine measures\n\n"
      "| runs differ by | threshold | 3 : 3 | 5 : 5 | 10 : 10 | 10 : 1 |\n"
      "|---|---|---|---|---|---|\n",
      (factor - 1) * 100);
  for (const double spread : {0.0, 0.02, 0.05, 0.10}) {
    std::array<std::string, 2> lines;
    for (const auto& [before, after] : kSplits) {
      const auto shares = simulate({.spread = spread}, before, after, factor, tries);
      for (std::size_t k = 0; k < lines.size(); ++k) {
        if (before == 5 && spread <= 0.05) holds = holds && shares[k].found >= least;
        lines[k] += fmt::format(" {:.1f} % |", shares[k].found * 100);
      }
    }
    for (std::size_t k = 0; k < lines.size(); ++k) {
      fmt::print("| {:.0f} % | {:.0f} % |{}\n", spread * 100, kThresholds[k] * 100, lines[k]);
      std::fflush(stdout);
    }
  }
  return holds;
}

}  // namespace

int main(int argc, char** argv) {
  const int tries = argc > 1 ? std::max(1, std::atoi(argv[1])) : 10'000;
  const std::vector<Machine> machines{
      {.spread = 0}, {.spread = 0.02}, {.spread = 0.05}, {.spread = 0.10}, {.two_states = true}};
  const bool equals = tell_equals(machines, tries);
  const int fewer = std::max(1, tries / 10);
  const bool twenty = tell_changes(1.20, kFewestFound, fewer);
  tell_changes(1.05, 0, fewer);
  fmt::print("\n{}\n", equals && twenty ? "all within the limits" : "a limit does not hold");
  return equals && twenty ? 0 : 1;
}

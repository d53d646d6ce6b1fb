// SPDX-License-Identifier: Apache-2.0
#include "judge/paired.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "stat/aligned_ranks.hpp"

namespace busmark {
namespace {

using Values = std::vector<double>;

PairedEstimate estimate(const Values& a, const Values& b, const Values& again) {
  return estimate_paired({.a = a, .b = b, .again = again});
}

/// How a machine may spoil the values of blocks.
enum class Noise { quiet, normal, skewed, two_modes, drifting };

class Machine {
 public:
  Machine(Noise noise, std::uint64_t seed) : noise_(noise), random_(seed) {}

  double block(double truth, std::size_t round) {
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    switch (noise_) {
      case Noise::quiet: return truth * std::exp(0.005 * normal(random_));
      case Noise::normal: return truth * std::exp(0.04 * normal(random_));
      case Noise::skewed: return truth * (1 + 0.01 * std::pow(uniform(random_), -0.8));
      case Noise::two_modes:
        return truth * (uniform(random_) < 0.3 ? 1.8 : 1.0) * std::exp(0.02 * normal(random_));
      case Noise::drifting:
        return truth * (1 + 0.05 * static_cast<double>(round)) * std::exp(0.03 * normal(random_));
    }
    return truth;
  }

  PairedEstimate session(double factor, std::size_t rounds) {
    Values a;
    Values b;
    Values again;
    for (std::size_t round = 0; round < rounds; ++round) {
      a.push_back(block(1000, round));
      b.push_back(block(1000 * factor, round));
      again.push_back(block(1000, round));
    }
    return estimate(a, b, again);
  }

 private:
  Noise noise_;
  std::mt19937_64 random_;
};

constexpr Noise kAllNoise[] = {Noise::quiet, Noise::normal, Noise::skewed, Noise::two_modes,
                               Noise::drifting};

TEST_CASE("the p value counts the places that B might have had in each round") {
  const Values a(10, 100);
  Values b(10, 110);
  CHECK(estimate(a, b, a).p_value == doctest::Approx(2 / std::pow(3, 10)));
  b[0] = 100;  // three equal values say nothing
  CHECK(estimate(a, b, a).p_value == doctest::Approx(2 / std::pow(3, 9)));
  b[0] = 90;
  CHECK(estimate(a, b, a).p_value > 2 / std::pow(3, 9));
  CHECK(estimate(a, a, a).p_value == 1);
}

TEST_CASE("counting and the normal approximation agree where the one gives way to the other") {
  // 12 rounds are counted; with a thirteenth that says almost nothing it is the approximation.
  Machine machine(Noise::normal, 3);
  for (int i = 0; i < 50; ++i) {
    std::vector<RoundValues> rounds;
    for (std::size_t round = 0; round < 12; ++round) {
      rounds.push_back({machine.block(1000, 0), machine.block(1020, 0), machine.block(1000, 0)});
    }
    const double counted = aligned_rank_tails(rounds).above;
    rounds.push_back({1000, 1000 + 1e-9, 1000 + 2e-9});
    const double approximated = aligned_rank_tails(rounds).above;
    CHECK(approximated == doctest::Approx(counted).epsilon(0.15).scale(0.02));
  }
}

TEST_CASE("the interval excludes none exactly where the p value is at most its level") {
  for (const std::size_t rounds : {6U, 9U, 30U}) {
    Machine machine(Noise::normal, 77);
    int beyond = 0;
    for (int i = 0; i < 200; ++i) {
      const PairedEstimate found = machine.session(1.03, rounds);
      const bool excluded = found.low > 0 || found.high < 0;
      CHECK(excluded == (found.p_value <= 0.05));
      beyond += excluded ? 1 : 0;
    }
    CHECK(beyond > 0);
    CHECK(beyond < 200);
  }
}

TEST_CASE("a block that failed is worse than any, and two of them are equal") {
  constexpr double kFailed = std::numeric_limits<double>::infinity();
  const Values a(20, 100);
  Values b(20, 100);
  for (std::size_t i = 0; i < 8; ++i) b[i] = kFailed;
  CHECK(estimate(a, b, a).p_value == doctest::Approx(2 / std::pow(3, 8)));
  CHECK(estimate(b, a, b).p_value < 0.01);
  CHECK(estimate(b, b, b).p_value == 1);
  const PairedEstimate all = estimate(a, Values(20, kFailed), a);
  CHECK(all.p_value < 1e-6);
}

TEST_CASE("events are told apart by chances that are counted") {
  const auto p = [](std::size_t of_b, std::size_t of_a) {
    std::vector<RoundEvents> rounds(100);
    for (std::size_t i = 0; i < of_b; ++i) rounds[i].b = true;
    for (std::size_t i = 0; i < of_a; ++i) rounds[50 + i].a = true;
    return event_tails(rounds).two_sided();
  };
  CHECK(p(0, 0) == 1);
  CHECK(p(4, 0) == doctest::Approx(2.0 / 81));
  CHECK(p(6, 0) == doctest::Approx(2.0 / 729));
  // One of four rounds for B, where a third is its share: not even more than by chance.
  CHECK(p(1, 3) == 1);
  // 5 of 6: (1 + 6 * 2) / 3^6, twice.
  CHECK(p(5, 1) == doctest::Approx(2.0 * 13 / 729));
}

TEST_CASE("the interval covers the truth in 95 of 100 sessions, whatever the noise") {
  for (const Noise noise : kAllNoise) {
    for (const std::size_t rounds : {6U, 9U, 20U}) {
      constexpr int kSessions = 400;
      Machine machine(noise, 11 + rounds);
      int covered = 0;
      for (int i = 0; i < kSessions; ++i) {
        const PairedEstimate found = machine.session(1.1, rounds);
        covered += found.low <= 0.1 + 1e-12 && found.high >= 0.1 - 1e-12 ? 1 : 0;
      }
      CAPTURE(static_cast<int>(noise));
      CAPTURE(rounds);
      CHECK(covered >= kSessions * 93 / 100);  // two standard errors below 95 %
    }
  }
}

TEST_CASE("thirty per cent are always found where the noise allows it, and on the right side") {
  for (const Noise noise : {Noise::quiet, Noise::normal, Noise::drifting}) {
    Machine machine(noise, 5);
    for (int i = 0; i < 100; ++i) {
      const PairedEstimate worse = machine.session(1.3, 20);
      CHECK(judge_paired(worse, worse.p_value, 0.02, false).change == Change::regressed);
      CHECK(judge_paired(worse, worse.p_value, 0.02, true).change == Change::improved);
      const PairedEstimate better = machine.session(0.7, 20);
      CHECK(judge_paired(better, better.p_value, 0.02, false).change == Change::improved);
    }
  }
}

TEST_CASE("a verdict needs rounds, a clear interval and an adjusted p value") {
  const PairedEstimate clear{
      .rounds = 20, .effect = 0.1, .low = 0.06, .high = 0.14, .p_value = 1e-5, .noise = 0.05};
  CHECK(judge_paired(clear, 1e-4, 0.02, false).change == Change::regressed);

  PairedEstimate few = clear;
  few.rounds = 5;
  CHECK(judge_paired(few, 1e-4, 0.02, false).change == Change::inconclusive);
  CHECK(judge_paired(few, 1e-4, 0.02, false).reason == "5 rounds are too few; 6 are the least");

  CHECK(judge_paired(clear, 0.06, 0.02, false).change == Change::inconclusive);
  CHECK(judge_paired(clear, 1e-4, 0.07, false).change == Change::inconclusive);
  CHECK(judge_paired(clear, 1e-4, 0.15, false).change == Change::none);
}

TEST_CASE("an inconclusive verdict names the rounds that would do, or that none would") {
  const PairedEstimate wide{
      .rounds = 20, .effect = 0.1, .low = -0.06, .high = 0.26, .p_value = 0.04, .noise = 0.05};
  const PairedVerdict verdict = judge_paired(wide, 0.4, 0.02, false);
  CHECK(verdict.rounds_needed == 80);  // the half width of 0.16 must halve
  CHECK(verdict.reason == "20 rounds cannot tell; about 80 would");
  PairedEstimate hopeless = wide;
  hopeless.effect = 0.0201;
  CHECK(judge_paired(hopeless, 0.4, 0.02, false).rounds_needed == 0);
  CHECK(judge_paired(hopeless, 0.4, 0.02, false).reason ==
        "20 rounds cannot tell, nor would 100000");
  PairedEstimate unbounded = wide;
  unbounded.high = std::numeric_limits<double>::infinity();
  CHECK(judge_paired(unbounded, 0.4, 0.02, false).rounds_needed == 40);
}

}  // namespace
}  // namespace busmark

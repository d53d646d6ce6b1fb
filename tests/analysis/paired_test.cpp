// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/paired.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

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

TEST_CASE("the interval of the sign test has the ranks that its tables name") {
  // Conover, table of the binomial distribution: for 20 values the 6th and the 15th, for 8 the
  // 1st and the 8th, for 6 the least and the greatest.
  const auto ranks = [](std::size_t count) {
    Values a(count, 1);
    Values b;
    for (std::size_t i = 1; i <= count; ++i) b.push_back(static_cast<double>(i));
    const PairedEstimate found = estimate(a, b, a);
    return std::pair(std::lround(found.low + 1), std::lround(found.high + 1));
  };
  CHECK(ranks(6) == std::pair(1L, 6L));
  CHECK(ranks(8) == std::pair(1L, 8L));
  CHECK(ranks(9) == std::pair(2L, 8L));
  CHECK(ranks(20) == std::pair(6L, 15L));
  CHECK(ranks(100) == std::pair(40L, 61L));
}

TEST_CASE("the p value counts directions and leaves ties out") {
  const Values a(10, 100);
  Values b(10, 110);
  CHECK(estimate(a, b, a).p_value == doctest::Approx(2.0 / 1024));
  b[0] = 90;
  CHECK(estimate(a, b, a).p_value == doctest::Approx(2.0 * 11 / 1024));
  b[0] = 100;
  CHECK(estimate(a, b, a).p_value == doctest::Approx(2.0 / 512));
  CHECK(estimate(a, a, a).p_value == 1);
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
      CHECK(judge_paired(worse, worse.p_value, 0.02, false, 1).change == Change::regressed);
      CHECK(judge_paired(worse, worse.p_value, 0.02, true, 1).change == Change::improved);
      const PairedEstimate better = machine.session(0.7, 20);
      CHECK(judge_paired(better, better.p_value, 0.02, false, 1).change == Change::improved);
    }
  }
}

TEST_CASE("a verdict needs rounds, a clear interval, an adjusted p value and more than the noise") {
  const PairedEstimate clear{
      .rounds = 20, .effect = 0.1, .low = 0.06, .high = 0.14, .p_value = 1e-5, .noise = 0.05};
  CHECK(judge_paired(clear, 1e-4, 0.02, false, 9).change == Change::regressed);

  PairedEstimate few = clear;
  few.rounds = 5;
  CHECK(judge_paired(few, 1e-4, 0.02, false, 9).change == Change::inconclusive);
  CHECK(judge_paired(few, 1e-4, 0.02, false, 9).reason == "5 rounds are too few; 6 are the least");

  CHECK(judge_paired(clear, 0.06, 0.02, false, 9).change == Change::inconclusive);
  CHECK(judge_paired(clear, 1e-4, 0.07, false, 9).change == Change::inconclusive);
  CHECK(judge_paired(clear, 1e-4, 0.15, false, 9).change == Change::none);

  PairedEstimate loud = clear;
  loud.noise = 0.12;
  const PairedVerdict verdict = judge_paired(loud, 1e-4, 0.02, false, 9);
  CHECK(verdict.change == Change::inconclusive);
  CHECK(verdict.reason == "A and its copy may differ by up to 12.0 %, no less than A and B");
}

TEST_CASE("an inconclusive verdict names the rounds that would do, or that none would") {
  const PairedEstimate wide{
      .rounds = 20, .effect = 0.1, .low = -0.06, .high = 0.26, .p_value = 0.04, .noise = 0.05};
  const PairedVerdict verdict = judge_paired(wide, 0.4, 0.02, false, 9);
  CHECK(verdict.rounds_needed == 80);  // the half width of 0.16 must halve
  CHECK(verdict.reason == "20 rounds cannot tell; about 80 would");
  PairedEstimate hopeless = wide;
  hopeless.effect = 0.021;
  CHECK(judge_paired(hopeless, 0.4, 0.02, false, 9).rounds_needed == 0);
  CHECK(judge_paired(hopeless, 0.4, 0.02, false, 9).reason ==
        "20 rounds cannot tell, nor would 1000");
}

}  // namespace
}  // namespace busmark

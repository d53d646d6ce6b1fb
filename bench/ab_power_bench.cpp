// SPDX-License-Identifier: Apache-2.0
// Sessions of `busmark ab` without a machine: blocks are drawn from noise whose truth is known and
// judged by the program's own code. Told are how often a change is called, how often equals are,
// with looks in between too, how often the interval holds the truth, and whether a side that fails
// in some of its blocks is told. Seeds are fixed.
//
// usage: ab_power_bench [SESSIONS]   (400; of equals with looks twice as many for each noise, so
//                                    that 1000 has 10,000 of them)
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <string>

#include <fmt/format.h>

#include "stat/aligned_ranks.hpp"
#include "stat/statistics.hpp"
#include "verb/ab/judge.hpp"

namespace busmark {
namespace {

constexpr double kSpread = 0.06;  // standard deviation of a quiet block
constexpr double kThreshold = 0.02;

struct Noise {
  const char* name;
  std::function<double(std::mt19937_64&)> draw;  ///< Of one block, in logarithms.
};

double normal(std::mt19937_64& random) {
  return std::normal_distribution<double>(0, kSpread)(random);
}

const std::array<Noise, 5>& noises() {
  static const std::array<Noise, 5> all{
      Noise{"normal", normal},
      Noise{"skewed (exponential)",
            [](std::mt19937_64& random) {
              return std::exponential_distribution<double>(1 / kSpread)(random);
            }},
      Noise{"heavy tails (t, 3 degrees)",
            [](std::mt19937_64& random) {
              return kSpread * std::student_t_distribution<double>(3)(random);
            }},
      Noise{"10 % outliers",
            [](std::mt19937_64& random) {
              const bool far = std::uniform_real_distribution<double>()(random) < 0.1;
              const double more = std::exponential_distribution<double>(1 / (6 * kSpread))(random);
              return normal(random) + (far ? more : 0);
            }},
      Noise{"two levels", [](std::mt19937_64& random) {
              const bool high = std::uniform_real_distribution<double>()(random) < 0.3;
              return normal(random) / 3 + (high ? 0.5 : 0);
            }}};
  return all;
}

/// A session that grows round by round; its measures share most of their noise, as percentiles do.
class Session {
 public:
  Session(const Noise& noise, double effect, std::uint64_t seed, double failing = 0)
      : noise_(noise), effect_(std::log1p(effect)), failing_(failing), random_(seed) {
    session_.scenarios.emplace_back().name = "one";
    session_.scenarios.front().paced = true;
  }

  void grow(std::size_t rounds) {
    std::uniform_real_distribution<double> uniform;
    auto& all = session_.scenarios.front().rounds;
    while (all.size() < rounds) {
      auto& round = all.emplace_back();
      for (std::size_t arm = 0; arm < kAbArms; ++arm) {
        const bool b = arm == static_cast<std::size_t>(AbArm::b);
        const double common = noise_.draw(random_);
        for (std::size_t i = 0; i < measure_names().size(); ++i) {
          const double own = 0.3 * noise_.draw(random_);
          round[arm].values.emplace_back(std::exp(10 + common + own + (b ? effect_ : 0)));
        }
        if (b && uniform(random_) < failing_) round[arm].invalid = "is INVALID: planted";
      }
    }
  }

  [[nodiscard]] RunComparison judge(const std::vector<std::string>& measures, double share = 1) {
    session_.look_share = share;
    return compare_blocks(session_, {.threshold = kThreshold, .measures = measures});
  }

 private:
  const Noise& noise_;
  double effect_;
  double failing_;
  std::mt19937_64 random_;
  AbSession session_;
};

const std::vector<std::string> kMeasures{"p50", "p95", "p99"};

const MeasureChange& p95_of(const RunComparison& comparison) {
  for (const MeasureChange& one : comparison.scenarios.front().measures) {
    if (one.measure == "p95") return one;
  }
  std::terminate();
}

bool called(Change change) { return change == Change::regressed || change == Change::improved; }

bool any_called(const RunComparison& comparison) {
  return comparison.count(Change::regressed) + comparison.count(Change::improved) > 0;
}

bool holds(const MeasureChange& change, double truth) {
  return change.low <= truth && truth <= change.high;
}

std::string percent(std::uint64_t count, std::uint64_t of) {
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(count) / static_cast<double>(of));
}

/// What was not chosen: Wilcoxon's signed ranks of differences, by the normal approximation.
bool signed_ranks_call(std::vector<double> differences) {
  std::ranges::sort(differences, {}, [](double value) { return std::abs(value); });
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    const auto rank = static_cast<double>(i + 1);
    sum += differences[i] > 0 ? rank : -rank;
    squares += rank * rank;
  }
  return std::abs(sum) > 1.96 * std::sqrt(squares);
}

void tell_alternatives(std::uint64_t sessions) {
  fmt::print(
      "## Tests at 5 %, whatever the threshold\n\n"
      "| noise | rounds | truth | signs | signed ranks of b - a | of b - (a + a') / 2 | aligned |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const Noise& noise : noises()) {
    for (const auto& [rounds, effect] :
         {std::pair(20, 0.08), std::pair(60, 0.04), std::pair(200, 0.0)}) {
      std::mt19937_64 random(7);
      std::array<std::uint64_t, 4> found{};
      for (std::uint64_t i = 0; i < sessions; ++i) {
        std::vector<RoundValues> values;
        std::vector<double> pairs;
        std::vector<double> means;
        for (int round = 0; round < rounds; ++round) {
          const double a = noise.draw(random);
          const double b = noise.draw(random) + effect;
          const double again = noise.draw(random);
          values.push_back({a, b, again});
          pairs.push_back(b - a);
          means.push_back(b - (a + again) / 2);
        }
        const auto up = std::ranges::count_if(pairs, [](double value) { return value > 0; });
        const auto few = static_cast<std::size_t>(std::min<std::ptrdiff_t>(up, rounds - up));
        found[0] += 2 * at_most_of_coins(few, pairs.size()) <= kSignificance ? 1U : 0U;
        found[1] += signed_ranks_call(pairs) ? 1U : 0U;
        found[2] += signed_ranks_call(means) ? 1U : 0U;
        found[3] += aligned_rank_tails(values).two_sided() <= kSignificance ? 1U : 0U;
      }
      fmt::print("| {} | {} | {:+.0f} % | {} | {} | {} | {} |\n", noise.name, rounds, effect * 100,
                 percent(found[0], sessions), percent(found[1], sessions),
                 percent(found[2], sessions), percent(found[3], sessions));
      std::fflush(stdout);
    }
  }
  fmt::print("\n");
}

void tell_power(std::uint64_t sessions) {
  fmt::print(
      "## A fixed number of rounds\n\n"
      "| noise | rounds | +3 % | +5 % | +10 % | equals called | interval holds +10 % |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const Noise& noise : noises()) {
    for (const std::size_t rounds : {20U, 60U}) {
      std::string row = fmt::format("| {} | {} |", noise.name, rounds);
      std::uint64_t wrong = 0;
      std::uint64_t held = 0;
      for (const double effect : {0.03, 0.05, 0.10, 0.0}) {
        std::uint64_t found = 0;
        for (std::uint64_t i = 0; i < sessions; ++i) {
          Session session(noise, effect, 1000 + i);
          session.grow(rounds);
          const RunComparison comparison = session.judge(kMeasures);
          found += p95_of(comparison).change == Change::regressed ? 1U : 0U;
          if (effect == 0) wrong += any_called(comparison) ? 1U : 0U;
          if (effect == 0.10) held += holds(p95_of(comparison), effect) ? 1U : 0U;
        }
        if (effect > 0) row += fmt::format(" {} |", percent(found, sessions));
      }
      fmt::print("{} {} | {} |\n", row, percent(wrong, sessions), percent(held, sessions));
      std::fflush(stdout);
    }
  }
}

struct Ended {
  RunComparison comparison;
  std::size_t rounds = 0;
  bool decided = false;
};

/// As `--until decided` does it, with at most so many rounds.
Ended until_decided(Session& session, std::size_t most, bool stop_at_any_call) {
  AbLooks looks;
  Ended end;
  for (std::size_t rounds = kFewestToDecide / 3; rounds <= most; ++rounds) {
    const auto share = looks.due(static_cast<double>(rounds) / static_cast<double>(most));
    if (!share) continue;
    session.grow(rounds);
    end = {session.judge(kMeasures, *share), rounds, false};
    end.decided = is_decided(end.comparison);
    if (end.decided || (stop_at_any_call && any_called(end.comparison))) break;
  }
  return end;
}

void tell_stopping(std::uint64_t sessions) {
  constexpr std::size_t kMost = 150;
  fmt::print(
      "\n## Until decided, at most {} rounds\n\n"
      "| noise | truth | called | decided | rounds, median | interval holds it |\n"
      "|---|---|---|---|---|---|\n",
      kMost);
  for (const Noise& noise : noises()) {
    for (const double effect : {0.0, 0.03, 0.10}) {
      const std::uint64_t all = effect == 0 ? 2 * sessions : sessions;
      std::uint64_t found = 0;
      std::uint64_t decided = 0;
      std::uint64_t held = 0;
      std::vector<std::size_t> rounds;
      for (std::uint64_t i = 0; i < all; ++i) {
        Session session(noise, effect, 500'000 + i);
        // Of equals the worst that looking can do: to stop at the first call of any measure.
        const Ended end = until_decided(session, kMost, effect == 0);
        found += effect == 0 ? any_called(end.comparison) : called(p95_of(end.comparison).change);
        decided += end.decided ? 1U : 0U;
        held += holds(p95_of(end.comparison), effect) ? 1U : 0U;
        rounds.push_back(end.rounds);
      }
      std::ranges::nth_element(rounds, rounds.begin() + std::ssize(rounds) / 2);
      fmt::print("| {} | {:+.0f} % | {} of {} ({}) | {} | {} | {} |\n", noise.name, effect * 100,
                 found, all, percent(found, all), percent(decided, all), rounds[rounds.size() / 2],
                 percent(held, all));
      std::fflush(stdout);
    }
  }
}

void tell_failing(std::uint64_t sessions) {
  fmt::print(
      "\n## B INVALID in some of its blocks and equal in the others, until decided\n\n"
      "| share | at most | told | \"no change\" and nothing else | rounds, median |\n"
      "|---|---|---|---|---|\n");
  for (const double failing : {0.1, 0.2, 0.4}) {
    for (const std::size_t most : {60U, 150U}) {
      std::uint64_t told = 0;
      std::uint64_t hidden = 0;
      std::vector<std::size_t> rounds;
      for (std::uint64_t i = 0; i < sessions; ++i) {
        Session session(noises().front(), 0, 900'000 + i, failing);
        const Ended end = until_decided(session, most, false);
        const auto& rows = end.comparison.scenarios.front().measures;
        const bool seen = std::ranges::any_of(rows, [](const MeasureChange& one) {
          return one.measure == "invalid" && one.change == Change::regressed;
        });
        told += seen ? 1U : 0U;
        const auto none = end.comparison.count(Change::none);
        hidden += none == rows.size() ? 1U : 0U;
        rounds.push_back(end.rounds);
      }
      std::ranges::nth_element(rounds, rounds.begin() + std::ssize(rounds) / 2);
      fmt::print("| {:.0f} % | {} rounds | {} | {} | {} |\n", failing * 100, most,
                 percent(told, sessions), percent(hidden, sessions), rounds[rounds.size() / 2]);
      std::fflush(stdout);
    }
  }
}

}  // namespace
}  // namespace busmark

int main(int count, char** words) {
  std::uint64_t sessions = 400;
  if (count > 1) {
    const auto [end, error] = std::from_chars(words[1], words[1] + std::strlen(words[1]), sessions);
    if (error != std::errc() || sessions == 0) {
      fmt::print(stderr, "usage: {} [SESSIONS]\n", words[0]);
      return 2;
    }
  }
  busmark::tell_alternatives(sessions);
  busmark::tell_power(std::max<std::uint64_t>(sessions / 4, 1));
  busmark::tell_stopping(sessions);
  busmark::tell_failing(std::max<std::uint64_t>(sessions / 4, 1));
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// How often a gate is right: simulated scenarios whose true p95 is 0.7, 1.0 and 1.3 times the limit
// of their budget, with three repetitions first and more of them while the stopping rule asks for
// some, judged by the code that judges every run. Seeds are fixed. Exit code 1 when of those at 1.3
// times the limit fewer than 95 % fail or one passes, of those at 0.7 fewer than 95 % pass, or of
// those at the limit more than 5 % end either way.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "judge/more_repetitions.hpp"
#include "judge/verdict.hpp"
#include "known_cases.hpp"
#include "record/repetition.hpp"

using namespace busmark;

namespace {

constexpr double kShare = 0.95;
constexpr std::size_t kSections = 20;
constexpr std::uint32_t kPlanned = 3;
constexpr double kMostWrong = 5;    ///< %.
constexpr double kLeastRight = 95;  ///< %.

struct Options {
  std::uint64_t gates = 200;
  std::uint64_t messages = 20'000;
  std::uint32_t most = 12;
};

/// A repetition as the engine hands it over. Each latency takes `factor` times its time.
RepetitionResult repetition(KnownProcess& process, std::uint64_t messages, double factor) {
  RepetitionResult result;
  Histogram section;
  for (std::size_t i = 0; i < kSections; ++i) {
    section.reset();
    for (std::uint64_t k = i * messages / kSections; k < (i + 1) * messages / kSections; ++k) {
      section.record(static_cast<std::uint64_t>(std::llround(process.next() * factor)));
    }
    result.response.merge(section);
    SectionResult taken;
    taken.response.assign(section);
    result.sections.push_back(std::move(taken));
  }
  result.service.merge(result.response);
  result.pacing.lag.record_n(20, messages);
  result.counts.published = result.counts.received = messages;
  result.intended_rate = result.offered_rate = result.achieved_rate = result.received_rate =
      static_cast<double>(messages);
  result.elapsed = std::chrono::seconds(1);
  return result;
}

struct Outcome {
  Verdict verdict = Verdict::pass;
  std::size_t repetitions = 0;
};

/// Whether a scenario whose p95 is `ratio` times its limit gets through.
Outcome run_gate(const KnownCase& known, double ratio, std::uint64_t gate, const Options& options) {
  constexpr Nanoseconds kLimit = std::chrono::microseconds(100);
  const double factor =
      ratio * static_cast<double>(kLimit.count()) / known.make(1)->percentile(kShare);
  ScenarioResult scenario;
  scenario.scenario.name = "gate";
  scenario.scenario.load.rate = MessageRate{static_cast<double>(options.messages)};
  scenario.scenario.budget = {parse_budget("p95 < 100us")};
  const RepetitionLimits limits{.planned = kPlanned, .most = options.most};
  std::uint32_t wanted = kPlanned;
  while (wanted > 0) {
    for (; wanted > 0; --wanted) {
      const std::uint64_t seed = gate * options.most + scenario.repetitions.size() + 1;
      const auto process = known.make(seed);
      scenario.repetitions.push_back(repetition(*process, options.messages, factor));
    }
    wanted = look_for_more(scenario, Until{}, limits).more;
  }
  return {judge(scenario).verdict.verdict, scenario.repetitions.size()};
}

struct Counts {
  std::uint64_t pass = 0;  ///< Met with little to spare, too.
  std::uint64_t fail = 0;
  std::uint64_t undecided = 0;
  std::uint64_t other = 0;
  std::uint64_t repetitions = 0;

  void add(const Outcome& outcome) {
    repetitions += outcome.repetitions;
    switch (outcome.verdict) {
      case Verdict::pass:
      case Verdict::warn: ++pass; break;
      case Verdict::fail: ++fail; break;
      case Verdict::inconclusive: ++undecided; break;
      default: ++other;
    }
  }
};

bool is_right(double ratio, const Counts& counts, std::uint64_t gates) {
  const auto percent = [&](std::uint64_t count) {
    return 100.0 * static_cast<double>(count) / static_cast<double>(gates);
  };
  if (ratio > 1) return percent(counts.fail) >= kLeastRight && counts.pass == 0;
  if (ratio < 1) return percent(counts.pass) >= kLeastRight;
  return percent(counts.fail) <= kMostWrong && percent(counts.pass) <= kMostWrong;
}

constexpr std::string_view kUsage =
    "usage: gate_bench [--gates N] [--messages N] [--most N]\n"
    "  --gates N     of each kind (200)\n"
    "  --messages N  of a repetition (20000)\n"
    "  --most N      repetitions after which a gate ends undecided (12)\n";

std::optional<Options> parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    const std::string_view name = arguments[i];
    if (i + 1 == count) return std::nullopt;
    const std::uint64_t value = std::strtoull(arguments[i + 1], nullptr, 10);
    if (name == "--gates") {
      options.gates = value;
    } else if (name == "--messages") {
      options.messages = value;
    } else if (name == "--most") {
      options.most = static_cast<std::uint32_t>(value);
    } else {
      return std::nullopt;
    }
  }
  if (options.gates == 0 || options.messages < kSections || options.most < kPlanned) {
    return std::nullopt;
  }
  return options;
}

}  // namespace

int main(int count, char** arguments) try {
  const std::optional<Options> options = parse(count, arguments);
  if (!options) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  fmt::print("{} gates of each kind, {} repetitions of {} messages, then up to {}\n",
             options->gates, kPlanned, options->messages, options->most);
  fmt::print("{:<14} {:>14} {:>6} {:>6} {:>13} {:>8} {:>12}\n", "process", "p95 / limit", "pass",
             "fail", "inconclusive", "invalid", "repetitions");
  bool good = true;
  for (const KnownCase& known : known_cases()) {
    if (known.name != "M/M/1 0.7" && known.name != "AR(1) 0.99") continue;
    for (const double ratio : {0.7, 1.0, 1.3}) {
      Counts counts;
      for (std::uint64_t gate = 0; gate < options->gates; ++gate) {
        counts.add(run_gate(known, ratio, gate, *options));
      }
      const bool right = is_right(ratio, counts, options->gates);
      good = good && right;
      fmt::print("{:<14} {:>14.1f} {:>6} {:>6} {:>13} {:>8} {:>12.1f}{}\n", known.name, ratio,
                 counts.pass, counts.fail, counts.undecided, counts.other,
                 static_cast<double>(counts.repetitions) / static_cast<double>(options->gates),
                 right ? "" : " !");
      std::fflush(stdout);
    }
  }
  return good ? 0 : 1;
} catch (const std::exception& error) {
  fmt::print(stderr, "gate_bench: {}\n", error.what());
  return 2;
}

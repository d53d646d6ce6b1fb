// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "support/stored.hpp"
#include "verb/tune/ledger.hpp"

namespace busmark {
namespace {

const TuneRules kRules{.measure = "p95", .threshold = 0.02, .rounds = 13, .family = 10};

/// Rounds in which B's figures are `factor` of A's, with noise of their own.
AbSession session(double factor, std::size_t rounds = 13, double spread = 0.02,
                  std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, spread);
  AbSession made;
  made.planned_rounds = 13;
  AbScenario& scenario = made.scenarios.emplace_back();
  scenario.name = "one";
  for (std::size_t i = 0; i < rounds; ++i) {
    auto& round = scenario.rounds.emplace_back();
    for (std::size_t arm = 0; arm < kAbArms; ++arm) {
      for (std::size_t measure = 0; measure < measure_names().size(); ++measure) {
        const double truth = arm == static_cast<std::size_t>(AbArm::b) ? 1000 * factor : 1000;
        round[arm].values.emplace_back(truth * std::exp(normal(random)));
      }
    }
  }
  return made;
}

TuneBooks books(std::uint32_t blocks = 13) {
  TuneBooks made;
  for (std::uint32_t i = 0; i < blocks; ++i) {
    StoredRun run = testing::stored_run(std::vector<double>{1000});
    run.scenarios[0].counts = {.published = 1000, .received = 1000};
    run.scenarios[0].rate.achieved = 1000;
    run.scenarios[0].budgets.emplace_back().text = "p95 < 5us";
    made.add(run.scenarios[0]);
  }
  return made;
}

TuneLine judged(const AbSession& one, const TuneBooks& a = books(), const TuneBooks& b = books()) {
  TuneLine line;
  judge_trial(line, one, a, b, kRules);
  return line;
}

TEST_CASE("an improvement that breaks no rule is kept, with what it does to the other measures") {
  const TuneLine line = judged(session(0.5));
  CHECK(line.change == Change::improved);
  CHECK(line.kept);
  REQUIRE(line.judged);
  CHECK(line.judged->effect == doctest::Approx(-0.5).epsilon(0.05));
  CHECK(line.judged->p_value < 0.05);
  CHECK(line.blocks_after == 13);
  const bool cpu = std::any_of(line.others.begin(), line.others.end(),
                               [](const MeasureChange& one) { return one.measure == "cpu"; });
  CHECK(cpu);
}

TEST_CASE("what is worse, equal or uncertain is not kept, and the reason is told") {
  CHECK(judged(session(2)).change == Change::regressed);
  CHECK_FALSE(judged(session(2)).kept);
  CHECK(judged(session(1, 13, 0.001)).change == Change::none);
  const TuneLine unclear = judged(session(0.97, 13, 0.2, 50));
  CHECK(unclear.change == Change::inconclusive);
  CHECK_FALSE(unclear.kept);
  CHECK(!unclear.reason.empty());
}

TEST_CASE("a p value must hold for all trials together") {
  // Six unanimous rounds have p 0.003: enough for one trial, not for a hundred.
  const AbSession six = session(0.5, 6);
  TuneLine line;
  TuneRules rules = kRules;
  rules.rounds = 6;
  rules.family = 100;
  judge_trial(line, six, books(), books(), rules);
  CHECK(line.change == Change::inconclusive);
  CHECK_FALSE(line.kept);
  rules.family = 1;
  judge_trial(line, six, books(), books(), rules);
  CHECK(line.kept);
}

TEST_CASE("of trials of equals at most 5 % of whole sessions keep any") {
  constexpr std::uint64_t kSessions = 60;
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < kSessions; ++i) {
    bool any = false;
    for (std::uint64_t trial = 0; trial < kRules.family; ++trial) {
      any = any || judged(session(1, 13, 0.2, 1000 * i + trial)).kept;
    }
    wrong += any ? 1 : 0;
  }
  CHECK(wrong <= kSessions / 20);
}

TEST_CASE("however fast it is, what loses, reorders or gives up messages is not kept") {
  const auto with = [](std::uint64_t MessageCounts::*count, std::uint64_t many) {
    TuneBooks b = books();
    b.counts.*count = many;
    return judged(session(0.5), books(), b);
  };
  for (const auto count : {&MessageCounts::lost, &MessageCounts::duplicated,
                           &MessageCounts::reordered, &MessageCounts::corrupt}) {
    const TuneLine line = with(count, 1);
    CHECK(line.change == Change::improved);
    CHECK_FALSE(line.kept);
    CHECK(!line.reason.empty());
  }
  CHECK_FALSE(with(&MessageCounts::dropped, 1000).kept);
  CHECK_FALSE(with(&MessageCounts::refused, 1000).kept);
  CHECK(with(&MessageCounts::refused, 1).kept);
}

TEST_CASE("neither is what lowers the rate, fails a budget or cannot be trusted") {
  TuneBooks slow = books();
  slow.achieved *= 0.9;
  CHECK(judged(session(0.5), books(), slow).reason.find("rate falls") != std::string::npos);
  TuneBooks failing = books();
  failing.failed.front() = 8;
  CHECK(judged(session(0.5), books(), failing).reason.find("p95 < 5us") != std::string::npos);
  CHECK(judged(session(0.5), failing, failing).kept);
  TuneBooks invalid = books();
  invalid.invalid = 2;
  invalid.first_invalid = "is INVALID: it was late";
  CHECK(judged(session(0.5), books(), invalid).reason.find("it was late") != std::string::npos);
}

TEST_CASE("what makes an INVALID start valid is kept though there is no figure to compare") {
  AbSession start = session(0.5);
  for (auto& round : start.scenarios[0].rounds) round[0].invalid = "is INVALID: late";
  TuneBooks a = books(26);
  a.invalid = 26;
  a.first_invalid = "is INVALID: late";
  const TuneLine line = judged(start, a, books());
  CHECK(line.kept);
  CHECK_FALSE(line.judged);
  TuneBooks b = books();
  b.invalid = 13;
  CHECK_FALSE(judged(start, a, b).kept);
}

TEST_CASE("a trial is given up when no luck can make it an improvement, and not before") {
  CHECK_FALSE(hopeless(session(2, 5), kRules));
  CHECK(hopeless(session(2, 6), kRules));
  CHECK_FALSE(hopeless(session(0.5, 12), kRules));
  CHECK_FALSE(hopeless(session(2, 13), kRules));  // all rounds are there
  CHECK(judged(session(2, 6)).change == Change::regressed);
  const TuneLine line = judged(session(1, 12, 0.2, 2));
  CHECK(line.change == Change::inconclusive);
  CHECK(line.reason.find("12 of 13 rounds") != std::string::npos);
  AbSession disturbed = session(0.5, 12);
  for (std::size_t i = 0; i < 8; ++i) {
    // What will be left out is no evidence against.
    for (auto& value : disturbed.scenarios[0].rounds[i][1].values) *value *= 4;
    disturbed.scenarios[0].rounds[i][i % kAbArms].disturbance = "other work";
  }
  TuneRules more = kRules;
  more.rounds = 20;
  CHECK_FALSE(hopeless(disturbed, more));
  for (std::size_t i = 0; i < 8; ++i) {
    disturbed.scenarios[0].rounds[i][i % kAbArms].disturbance.clear();
  }
  CHECK(hopeless(disturbed, more));
  AbSession one_against = session(0.5, 12);
  auto& round = one_against.scenarios[0].rounds[3];
  std::swap(round[0], round[1]);
  CHECK_FALSE(hopeless(one_against, kRules));
}

TEST_CASE("what looked better and is not sure is worth another try, the best first") {
  std::vector<TuneLine> lines(5);
  const auto set = [&](std::size_t i, double effect, Change change) {
    lines[i].judged.emplace().effect = effect;
    lines[i].change = change;
  };
  set(0, -0.10, Change::inconclusive);
  set(1, -0.60, Change::inconclusive);
  set(2, -0.70, Change::improved);
  set(3, 0.50, Change::inconclusive);
  set(4, -0.01, Change::inconclusive);
  CHECK(promising(lines, kRules) == std::vector<std::size_t>{1, 0});
  TuneRules rate = kRules;
  rate.measure = "rate";
  CHECK(promising(lines, rate) == std::vector<std::size_t>{3});
  lines[1].tried = false;
  lines[0].judged.reset();
  CHECK(promising(lines, kRules).empty());
}

TEST_CASE("rounds are planned so that one of them may contradict") {
  CHECK(least_rounds(1) == 6);
  CHECK(least_rounds(10) == 6);
  CHECK(least_rounds(100) == 8);
  CHECK(rounds_for_family(1) == 6);
  CHECK(rounds_for_family(10) == 9);
  for (const std::size_t family : {std::size_t{10}, std::size_t{40}}) {
    const std::uint32_t rounds = rounds_for_family(family);
    const auto p = [](std::uint32_t all) { return 2.0 * (1 + 2 * all) / std::pow(3.0, all); };
    CHECK(p(rounds) * static_cast<double>(family) < 0.05);
    CHECK(p(rounds - 1) * static_cast<double>(family) >= 0.05);
  }
}

TEST_CASE("the doctor's cures are suggested, the worst first and only where there is one") {
  Diagnosis diagnosis;
  const auto add = [&](const char* id, FindingLevel level, std::vector<std::string> fix) {
    Finding& finding = diagnosis.findings.emplace_back();
    finding.id = id;
    finding.level = level;
    finding.fix = std::move(fix);
  };
  add("a", FindingLevel::warn, {"sysctl -w a=1"});
  add("b", FindingLevel::ok, {"no"});
  add("c", FindingLevel::fail, {"echo 1 > c"});
  add("d", FindingLevel::fail, {});
  const auto list = tune_suggestions(diagnosis);
  REQUIRE(list.size() == 2);
  CHECK(list[0].id == "c");
  CHECK(list[1].fix == std::vector<std::string>{"sysctl -w a=1"});
}

}  // namespace
}  // namespace busmark

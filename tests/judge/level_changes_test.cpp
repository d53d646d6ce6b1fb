// SPDX-License-Identifier: Apache-2.0
#include "judge/level_changes.hpp"

#include <doctest/doctest.h>

#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "record/run.hpp"
#include "record/run_result.hpp"
#include "support/results.hpp"
#include "support/text.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

/// Intervals of 100 ms with so many messages each, all of one latency.
RepetitionResult with_levels(const std::vector<Nanoseconds>& levels, std::uint64_t messages = 200) {
  RepetitionResult result = testing::repetition(messages * levels.size(), levels.front());
  result.sections.clear();
  for (std::size_t i = 0; i < levels.size(); ++i) {
    IntervalResult interval;
    interval.start = 100ms * i;
    interval.length = 100ms;
    interval.response.append(
        Histogram::shape().index_of(static_cast<std::uint64_t>(levels[i].count())), messages);
    result.intervals.push_back(std::move(interval));
  }
  return result;
}

std::vector<Nanoseconds> two_levels(Nanoseconds first, Nanoseconds second) {
  std::vector<Nanoseconds> levels(6, first);
  levels.insert(levels.end(), 6, second);
  return levels;
}

TEST_CASE("a repetition that goes to another level in its middle says when and how far") {
  const auto changes = level_changes(with_levels(two_levels(130ns, 310ns)));
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].at == 600ms);
  CHECK(changes[0].before == 130ns);
  CHECK(changes[0].after >= 308ns);  // a histogram's bucket
  CHECK(changes[0].after <= 312ns);
}

TEST_CASE("sections tell a change of level where the intervals are as long as the window") {
  RepetitionResult result = with_levels(two_levels(130ns, 310ns));
  for (const IntervalResult& one : result.intervals) {
    result.sections.push_back({one.start, one.length, one.response});
  }
  result.intervals.resize(1);
  REQUIRE(level_changes(result).size() == 1);
  CHECK(level_changes(result)[0].at == 600ms);
}

TEST_CASE("single slow intervals, small changes and few intervals are no change of level") {
  CHECK(level_changes(with_levels({130ns, 130ns, 900ns, 130ns, 130ns, 130ns, 900ns, 130ns, 130ns}))
            .empty());
  CHECK(level_changes(with_levels(two_levels(130ns, 150ns))).empty());
  CHECK(level_changes(with_levels({130ns, 130ns, 130ns, 310ns, 310ns, 310ns})).empty());
  CHECK(level_changes(with_levels(two_levels(130ns, 310ns), kFewestMessages - 1)).empty());
}

TEST_CASE("a load in stages and a fault change the level on purpose") {
  RepetitionResult staged = with_levels(two_levels(130ns, 310ns));
  staged.stages.emplace_back();
  CHECK(level_changes(staged).empty());
  RepetitionResult broken = with_levels(two_levels(130ns, 310ns));
  broken.fault = FaultResult{};
  CHECK(level_changes(broken).empty());
}

TEST_CASE("a change of level is in the hints and in what is stored") {
  RunResult run;
  run.scenarios = {
      testing::scenario({testing::repetition(1000, 130ns), with_levels(two_levels(130ns, 310ns))})};
  const StoredRun stored = store(judge(run));
  std::string hints;
  for (const std::string& hint : stored.hints) hints += hint + "\n";
  CAPTURE(hints);
  CHECK(testing::contains(hints,
                          "example: repetition 2 did not hold one level: p50 130ns until "
                          "600ms, "));
  CHECK(!stored.scenarios[0].repetitions[0].level_changes);
  REQUIRE(stored.scenarios[0].repetitions[1].level_changes);
  CHECK(stored.scenarios[0].repetitions[1].level_changes->at(0).at == 600ms);
}

}  // namespace
}  // namespace busmark

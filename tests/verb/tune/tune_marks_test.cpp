// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "support/stored.hpp"
#include "verb/tune/marks.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

/// A session in which a block of a second follows the other.
class Session {
 public:
  explicit Session(MarkRules rules = {}, std::uint64_t seed = 1)
      : book(std::move(rules)), random_(seed) {}

  StoredScenario scenario(double latency) {
    return testing::stored_run(std::vector<double>{latency}).scenarios.front();
  }
  void add(StoredScenario one) {
    book.add({.begin = now, .end = now + 1s, .scenario = std::move(one)});
    now += 1s;
  }
  void run(int blocks, double latency, double spread = 0.02) {
    std::normal_distribution<double> normal(0, spread);
    for (int i = 0; i < blocks; ++i) add(scenario(latency * std::exp(normal(random_))));
  }
  void mark(const std::string& label = "") { book.mark(now, label, "2026-01-01T00:00:00Z", {}); }
  const TuneLine& last() const { return book.lines().back(); }

  MarkBook book;
  Nanoseconds now{};

 private:
  std::mt19937_64 random_;
};

bool says(const TuneLine& line, const std::string& part) {
  return std::any_of(line.notes.begin(), line.notes.end(),
                     [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

TEST_CASE("a mark is judged when enough blocks are behind it, and not before") {
  Session session;
  session.run(25, 10'000);
  session.mark("governor");
  session.run(19, 5'000);
  CHECK(session.last().open);
  CHECK(session.book.awaited() == 1);
  session.run(1, 5'000);
  CHECK_FALSE(session.last().open);
  CHECK(session.last().change == Change::improved);
  CHECK(session.last().knob == "governor");
  CHECK(session.last().judged->effect == doctest::Approx(-0.5).epsilon(0.05));
  CHECK(session.last().blocks_after == 20);
  CHECK_FALSE(session.book.awaited());
}

TEST_CASE("what ended just before a mark does not count, for the change came before the key") {
  Session session;
  session.run(20, 10'000);
  session.run(3, 5'000);  // changed, and not yet marked
  session.mark();
  session.run(20, 5'000);
  CHECK(session.last().blocks_before == 20);
  CHECK(session.last().change == Change::improved);
}

TEST_CASE("no change is a verdict, and a worse one too") {
  Session session;
  session.run(25, 10'000);
  session.mark();
  session.run(20, 10'000);
  CHECK(session.last().change == Change::none);
  session.mark();
  session.run(20, 15'000);
  CHECK(session.last().change == Change::regressed);
  CHECK(session.book.lines().size() == 2);
}

TEST_CASE("where 20 blocks cannot tell it says how many more would, and looks again at 40") {
  Session session({}, 4);
  session.run(100, 10'000, 0.5);
  session.mark();
  session.run(20, 9'000, 0.5);
  REQUIRE(session.last().change == Change::inconclusive);
  CHECK(session.last().open);
  CHECK(session.last().reason.find("more on each side") != std::string::npos);
  CHECK(session.book.awaited() == 20);
  session.run(20, 9'000, 0.5);
  CHECK(session.last().blocks_after == 40);
  CHECK(session.last().blocks_before == 40);
}

TEST_CASE("however often it looks, of marks at which nothing changed at most 5 % find something") {
  constexpr std::uint64_t kSessions = 40;
  std::uint64_t wrong = 0;
  for (std::uint64_t seed = 0; seed < kSessions; ++seed) {
    Session session({.threshold = 0.01}, seed);
    session.run(44, 10'000, 0.3);
    session.mark();
    session.run(40, 10'000, 0.3);
    session.book.finish();
    const Change change = session.last().change;
    wrong += change == Change::improved || change == Change::regressed ? 1 : 0;
  }
  CHECK(wrong <= kSessions / 20);
}

TEST_CASE("a machine that drifts is no proof of a change") {
  Session session;
  for (int i = 0; i < 40; ++i) session.run(1, 10'000 * std::pow(0.97, i), 0.005);
  session.mark();
  for (int i = 40; i < 60; ++i) session.run(1, 10'000 * std::pow(0.97, i), 0.005);
  CHECK(session.last().change == Change::inconclusive);
  CHECK(session.last().reason.find("by itself") != std::string::npos);
}

TEST_CASE("INVALID blocks are left out and told, and a side of nothing else has no verdict") {
  Session session;
  session.run(25, 10'000);
  StoredScenario invalid = session.scenario(1);
  invalid.verdict = Verdict::invalid;
  invalid.reasons = {"messages were lost"};
  session.mark();
  session.add(invalid);
  session.run(19, 5'000);
  CHECK(session.last().change == Change::improved);
  CHECK(says(session.last(), "messages were lost"));
  session.run(5, 5'000);
  session.mark();
  for (int i = 0; i < 20; ++i) session.add(invalid);
  session.book.finish();
  CHECK(session.last().change == Change::inconclusive);
  CHECK(session.last().reason.find("messages were lost") != std::string::npos);
}

TEST_CASE("a side that was mostly disturbed is used, since that may be what was cured") {
  Session session;
  for (int i = 0; i < 25; ++i) {
    StoredScenario one = session.scenario(10'000 + i);
    one.repetitions[0].disturbed = true;
    one.repetitions[0].disturbance = "other work ran on the cores";
    session.add(one);
  }
  session.mark();
  session.run(20, 5'000);
  CHECK(session.last().change == Change::improved);
  CHECK(says(session.last(), "other work ran"));
}

TEST_CASE("a mark without blocks around it is no failure, and a new one ends the one before") {
  Session session;
  session.mark();
  CHECK(session.last().open);
  session.mark();
  CHECK(session.book.lines().size() == 2);
  CHECK_FALSE(session.book.lines().front().open);
  CHECK(!session.book.lines().front().reason.empty());
  session.run(30, 1000);
  session.book.finish();
  CHECK(session.last().change == Change::inconclusive);
  session.mark();
  session.run(7, 500);
  session.book.finish();
  CHECK(session.last().blocks_after == 7);
  session.book.rename("late name");
  CHECK(session.last().knob == "late name");
}

TEST_CASE("hours of blocks take no more memory than the most that a verdict uses") {
  Session session;
  for (int i = 0; i < 2000; ++i) session.add(session.scenario(1000));
  CHECK(session.book.usable_before() == kMostMarkBlocks);
}

}  // namespace
}  // namespace busmark

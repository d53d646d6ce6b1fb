// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "live/line.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

ProgressSnapshot snapshot() {
  ProgressSnapshot shown;
  shown.scenario = "pingpong/load=100k";
  shown.position = 2;
  shown.scenarios = 8;
  shown.repetition = 1;
  shown.repetitions = 3;
  shown.phase = "measure";
  shown.elapsed = 12s;
  shown.planned = 75s;
  return shown;
}

constexpr std::size_t kWide = 200;

TEST_CASE("the line says which scenario of how many, the phase, the rate and the time left") {
  CHECK(progress_text(snapshot(), 990'000, kWide) ==
        "[2/8] pingpong/load=100k  1/3 measure  990k/s  0:12, about 1:03 left");
}

TEST_CASE("a rate that is not known is left out") {
  CHECK(progress_text(snapshot(), 0, kWide) ==
        "[2/8] pingpong/load=100k  1/3 measure  0:12, about 1:03 left");
}

TEST_CASE("a run that takes longer than planned has no negative time left") {
  ProgressSnapshot late = snapshot();
  late.elapsed = 3700s;
  CHECK(progress_text(late, 0, kWide).ends_with("  61:40, about 0:00 left"));
}

TEST_CASE("a narrow terminal costs the front of the name, then the name, then the end") {
  const ProgressSnapshot shown = snapshot();
  const std::size_t full = progress_text(shown, 0, kWide).size();
  CHECK(progress_text(shown, 0, full - 1) ==
        "[2/8] ...pong/load=100k  1/3 measure  0:12, about 1:03 left");
  for (std::size_t width = 0; width <= full + 1; ++width) {
    CHECK(progress_text(shown, 0, width).size() <= width);
  }
}

TEST_CASE("the rate counts what arrived between two looks at one repetition") {
  ProgressSnapshot before = snapshot();
  before.received = 1000;
  ProgressSnapshot after = before;
  after.elapsed += 250ms;
  after.received = 3000;
  CHECK(rate_between(before, after) == doctest::Approx(8000));
}

TEST_CASE("no rate is shown across repetitions, during set-up or without time between") {
  ProgressSnapshot before = snapshot();
  before.received = 1000;
  ProgressSnapshot after = before;
  after.received = 3000;
  CHECK(rate_between(before, after) == 0);
  after.elapsed += 250ms;
  SUBCASE("the next repetition") { after.repetition = 2; }
  SUBCASE("the next scenario") { after.position = 3; }
  SUBCASE("another attempt, which counts from zero again") { after.received = 10; }
  SUBCASE("set-up before") { before.phase = "set-up"; }
  SUBCASE("set-up now") { after.phase = "set-up"; }
  CHECK(rate_between(before, after) == 0);
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "record/scenario.hpp"

#include <doctest/doctest.h>

using namespace busmark;

TEST_CASE("choices are shown by the words a config file uses") {
  CHECK(to_string(WaitStrategy::spin) == "spin");
  CHECK(to_string(WaitStrategy::yield) == "yield");
  CHECK(to_string(WaitStrategy::park) == "park");
  CHECK(to_string(OnFull::block) == "block");
  CHECK(to_string(OnFull::drop) == "drop");
  CHECK(to_string(Arrivals::constant) == "constant");
  CHECK(to_string(Arrivals::poisson) == "poisson");
}

TEST_CASE("a load is shown as its rate or as max") {
  CHECK(to_string(Load{MessageRate{100'000}}) == "100k/s");
  CHECK(to_string(Load{}) == "max");
}

TEST_CASE("a scenario's threads are its producers and consumers") {
  Scenario scenario;
  scenario.producers = 3;
  scenario.consumers = 2;
  CHECK(scenario.threads() == 5);
}

// SPDX-License-Identifier: Apache-2.0
#include "aspect/users/users.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "config/file.hpp"
#include "support/configs.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::read_scenarios;
using testing::refusal;

const std::string kCall = "[[scenario]]\nname = \"one\"\npattern = \"request-reply\"\n";

TEST_CASE("a thinking time is constant, uniform or exponential, and reads back as itself") {
  CHECK(parse_think("10ms") == Think{ThinkShape::constant, 10ms, {}});
  CHECK(parse_think(" exp( 250us ) ") == Think{ThinkShape::exponential, 250us, {}});
  CHECK(parse_think("uniform(5ms,15ms)") == Think{ThinkShape::uniform, 5ms, 15ms});
  CHECK(parse_think("uniform(5ms, 15ms)").mean() == 10ms);
  CHECK(parse_think("exp(10ms)").mean() == 10ms);
  for (const std::string text : {"0ns", "10ms", "exp(10ms)", "uniform(5ms, 15ms)"}) {
    CHECK(to_string(parse_think(text)) == text);
  }
}

TEST_CASE("what is no thinking time is refused with the forms there are") {
  for (const std::string text : {"", "soon", "exp", "exp()", "exp(10)", "exp(1ms", "uniform(5ms)",
                                 "uniform(9ms, 3ms)", "normal(1ms)", "2h",
                                 "exp(1ms) "
                                 "x"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(static_cast<void>(parse_think(text)), std::invalid_argument);
  }
  CHECK_THROWS_WITH(static_cast<void>(parse_think("uniform(9ms, 3ms)")),
                    "\"uniform(9ms, 3ms)\" ends before it begins; write \"10ms\", \"uniform(5ms, "
                    "15ms)\" or \"exp(10ms)\"");
}

TEST_CASE("users take the place of a load and sweep") {
  const auto scenarios = read_scenarios(kCall + "users = [1, 100]\nthink = \"exp(1ms)\"\n");
  REQUIRE(scenarios.size() == 2);
  CHECK(scenarios[1].name == "one/users=100");
  CHECK(scenarios[1].users == 100);
  CHECK(scenarios[1].think.shape == ThinkShape::exponential);
  CHECK_FALSE(scenarios[1].load.open_loop());
  CHECK(load_of(scenarios[0]) == "1 user");
  CHECK(load_of(scenarios[1]) == "100 users");
}

TEST_CASE("of users and load the later table wins, and one table has one of them") {
  const std::string users = "users = 5\nthink = \"1ms\"\n";
  CHECK(read_scenarios("[defaults]\nload = \"9k/s\"\n" + kCall + users)[0].users == 5);
  CHECK(read_scenarios("[defaults]\npattern = \"request-reply\"\n" + users + kCall +
                       "load = \"9k/s\"\n")[0]
            .users == 0);
  CHECK(read_scenarios(kCall + users, {"scenario.load=9k/s"})[0].users == 0);
  CHECK(read_scenarios(kCall + "load = \"9k/s\"\n", {"scenario.users=7"})[0].users == 7);
  CHECK(refusal(kCall, {"scenario.users=2", "scenario.load=9k/s"}) ==
        "--set scenario.load: load: stands beside users, who send when they have thought; leave "
        "out one");
  CHECK(refusal(kCall + users + "load = \"9k/s\"\n") ==
        "a.toml:6:8: load: stands beside users, who send when they have thought; leave out one");
}

TEST_CASE("a flag for users concerns the scenarios that are chosen") {
  ConfigOverrides overrides;
  overrides.set = {"scenario.users=7", "scenario.think=1ms"};
  overrides.select.only = "one";
  const RunConfig config =
      parse_config(kCall + "[[scenario]]\nname = \"other\"\n", "a.toml", overrides);
  REQUIRE(config.scenarios.size() == 1);
  CHECK(config.scenarios[0].users == 7);
  CHECK(read_scenarios("[defaults]\nthink = \"1ms\"\n[[scenario]]\nname = \"one\"\n").size() == 1);
}

TEST_CASE("users where there can be none are refused in a sentence") {
  const std::string users = "users = 2\n";
  CHECK(
      refusal("[[scenario]]\nname = \"one\"\nusers = 2\n") ==
      "a.toml:3:9: users: await answers, which pattern = \"one-way\" has none of; write pattern = "
      "\"request-reply\", or load in place of users (scenario \"one\")");
  CHECK(refusal(kCall + users + "on_full = \"drop\"\n")
            .starts_with("a.toml:4:9: users: await answers, and on_full = \"drop\" leaves"));
  CHECK(refusal(kCall + users + "stages = \"1x for 1s\"\n")
            .starts_with("a.toml:4:9: users: make a load of their own; leave out stages"));
  CHECK(refusal(kCall + users + "mix = [{ name = \"a\", weight = 1 }]\n")
            .starts_with("a.toml:4:9: users: all send the same; leave out mix"));
  CHECK(refusal(kCall + users + "producers = 3\n") ==
        "a.toml:4:9: users: are acted for by the producers, 2 by 3; write users = 3 or more, or "
        "fewer producers (scenario \"one\")");
  CHECK(refusal(kCall + "users = 0\n") ==
        "a.toml:4:9: users: must be a whole number from 1 to 1000000, not 0");
  CHECK(refusal(kCall + "think = \"1ms\"\n") ==
        "a.toml:4:9: think: is what users do; write users = 100, or leave out think (scenario "
        "\"one\")");
  CHECK(refusal(kCall + users + "think = 5\n") ==
        "a.toml:5:9: think: must be a duration such as \"10ms\" or \"exp(10ms)\", not 5");
}

}  // namespace
}  // namespace busmark

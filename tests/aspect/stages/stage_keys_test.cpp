// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "config/file.hpp"
#include "engine/load_curve.hpp"
#include "support/configs.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::kOne;
using testing::read_scenario;
using testing::refusal;

const std::string kSpike = "stages = [\"1x for 1s\", \"10x for 500ms\", \"1x for 1s\"]\n";

TEST_CASE("stages make up the duration, and an interval is a hundredth of it") {
  const Scenario scenario = read_scenario(kOne + kSpike);
  CHECK(scenario.stages.size() == 3);
  CHECK(scenario.duration == 2500ms);
  CHECK(scenario.interval == 25ms);
  CHECK(read_scenario(kOne + "stages = \"2x for 100ms\"\n").duration == 100ms);
  CHECK(read_scenario(kOne + "stages = \"2x for 100ms\"\n").interval == 10ms);
  CHECK(read_scenario(kOne + kSpike + "interval = \"200ms\"\n").interval == 200ms);
  CHECK(read_scenario(kOne).interval == 1s);
}

TEST_CASE("steps are counted from the scenario's own load, a swept one too") {
  const RunConfig config = parse_config(
      kOne + "load = [\"10k/s\", \"20k/s\"]\nstages = \"step +10k/s every 1s to 40k/s\"\n",
      "a.toml");
  REQUIRE(config.scenarios.size() == 2);
  CHECK(config.scenarios[0].duration == 3s);
  CHECK(config.scenarios[1].duration == 2s);
}

TEST_CASE("of stages and duration the later table wins, and one table has one of them") {
  CHECK(read_scenario("[defaults]\nduration = \"9s\"\n" + kOne + kSpike).duration == 2500ms);
  CHECK(read_scenario("[run]\nduration = \"9s\"\n" + kOne + kSpike).duration == 2500ms);
  const Scenario plain = read_scenario("[defaults]\n" + kSpike + kOne + "duration = \"9s\"\n");
  CHECK(plain.stages.empty());
  CHECK(plain.duration == 9s);
  CHECK(plain.interval == 1s);
  CHECK(refusal(kOne + kSpike + "duration = \"3s\"\n") ==
        "a.toml:4:12: duration: stands beside stages, which have lengths of their own; leave out "
        "one");
}

TEST_CASE("a duration from the command line stretches the stages to it") {
  const Scenario scenario = read_scenario(kOne + kSpike, {"scenario.duration=5s"});
  REQUIRE(scenario.stages.size() == 3);
  CHECK(scenario.duration == 5s);
  CHECK(scenario.stages[1].text == "10x for 1s");
  CHECK(scenario.interval == 50ms);
  // Whatever scales it keeps a period whole.
  CHECK(read_scenario(kOne + "stages = \"burst of 5 every 100ms for 1s\"\n",
                      {"scenario.duration=10ms"})
            .duration == 100ms);
  CHECK(read_scenario(kOne, {"scenario.stages=10x for 20ms"}).duration == 20ms);
}

TEST_CASE("a line that is no stage is refused at its place, all of them at once") {
  const std::string text =
      refusal(kOne + "stages = [\"1x for 1s\", \"10x fro 500ms\", 5, \"quiet for 1\"]\n");
  CHECK(text.find("a.toml:3:24: stages: \"10x fro 500ms\" is no stage: \"fro\" stands where "
                  "\"for\" belongs; write \"100k/s for 2s\"") == 0);
  CHECK(text.find("a.toml:3:41: stages: must be a string such as \"10x for 500ms\", not 5") !=
        std::string::npos);
  CHECK(text.find("a.toml:3:44: stages: \"quiet for 1\" is no stage") != std::string::npos);
  CHECK(refusal(kOne + "stages = []\n") ==
        "a.toml:3:10: stages: must be at least one line such as \"10x for 500ms\", not an empty "
        "list");
  CHECK(refusal(kOne, {"scenario.stages=10x fro 1s"})
            .find("--set scenario.stages: stages: \"10x fro 1s\"") == 0);
}

TEST_CASE("stages that the scenario cannot have are refused with the scenario's name") {
  CHECK(refusal(kOne + kSpike + "load = \"max\"\n") ==
        "a.toml:3:10: stages: go by a rate, and load is \"max\"; write load = \"100k/s\" or leave "
        "out stages (scenario \"one\")");
  CHECK(refusal(kOne + kSpike + "fault = \"stall at 1ms for 1ms\"\n") ==
        "a.toml:3:10: stages: do not go together with a fault; leave out one of them (scenario "
        "\"one\")");
  CHECK(refusal(kOne + "stages = \"step +1k/s every 1s to 10k/s\"\n") ==
        "a.toml:3:10: stages: \"step +1k/s every 1s to 10k/s\": the rate before it is 100k/s, so "
        "no step leads to 10k/s (scenario \"one\")");
}

TEST_CASE("quick mode scales stages and their interval alike") {
  RunConfig config =
      parse_config(kOne + "stages = [\"1x for 20s\", \"10x for 10s\", \"1x for 20s\"]\n", "a.toml");
  scale_to_quick(config, 30s);
  const Scenario& scenario = config.scenarios.front();
  CHECK(planned_time(config) <= 30s);
  CHECK(planned_time(config) > 29s);
  CHECK(scenario.stages[0].length == scenario.stages[2].length);
  CHECK(std::chrono::abs(scenario.stages[0].length - 2 * scenario.stages[1].length) <= 2us);
  CHECK(scenario.duration == load_stages(scenario).back().end());
  CHECK(scenario.interval < 500ms);
  CHECK(scenario.interval >= scenario.duration / 101);
}

}  // namespace
}  // namespace busmark

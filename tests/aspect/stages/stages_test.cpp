// SPDX-License-Identifier: Apache-2.0
#include "aspect/stages/stages.hpp"

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "engine/load_curve.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr MessageRate kBase{100'000};

std::vector<LoadStage> expand(const std::vector<std::string>& lines, MessageRate load = kBase) {
  std::vector<Stage> stages;
  for (const std::string& line : lines) stages.push_back(parse_stage(line));
  return expand_stages(stages, load);
}

template <typename Call>
std::string why(Call call) {
  try {
    static_cast<void>(call());
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing";
}

TEST_CASE("every form of a stage is read as it is written, and written as it was read") {
  for (const char* text :
       {"100k/s for 2s", "10x for 500ms", "0.5x for 1s", "ramp to 500k/s over 5s",
        "ramp to 5x over 60s", "step +50k/s every 2s to 500k/s", "step -0.5x every 1s to 1x",
        "burst of 1000 every 100ms for 2s", "on 10ms off 90ms at 2x for 2s", "quiet for 1s"}) {
    CAPTURE(text);
    const Stage stage = parse_stage(text);
    CHECK(stage.text == text);
    CHECK(to_string(stage) == text);
    CHECK(parse_stage(to_string(stage)) == stage);
  }
  CHECK(parse_stage(" 10x\tfor  500ms ").text == "10x for 500ms");
  const Stage on = parse_stage("on 10ms off 90ms for 2s");
  CHECK(on.rate == StageRate{.value = 1, .times_load = true});
  CHECK(on.on == 10ms);
  CHECK(on.period == 100ms);
}

TEST_CASE("what is no stage is refused with what is wrong and every form there is") {
  const std::string forms =
      "; write \"100k/s for 2s\", \"10x for 500ms\", \"ramp to 500k/s over 5s\", \"step +50k/s "
      "every 2s to 500k/s\", \"burst of 1000 every 100ms for 2s\", \"on 10ms off 90ms at 2x for "
      "2s\" or \"quiet for 1s\"";
  const auto refusal = [](const std::string& text) {
    return why([&] { return parse_stage(text); });
  };
  CHECK(refusal("10x fro 500ms") ==
        "\"10x fro 500ms\" is no stage: \"fro\" stands where \"for\" belongs" + forms);
  CHECK(refusal("") == "\"\" is no stage: it is empty" + forms);
  CHECK(refusal("10x for") == "\"10x for\" is no stage: a time is missing at its end" + forms);
  CHECK(refusal("10x for 1s more") ==
        "\"10x for 1s more\" is no stage: nothing may follow before more" + forms);
  CHECK(refusal("rmap to 5x over 1s").find("\"rmap\" begins none (did you mean \"ramp\"?)") !=
        std::string::npos);
  CHECK(refusal("10y for 1s").find("\"10y\" is not a rate") != std::string::npos);
  CHECK(refusal("0x for 1s").find("is no multiple of the load such as \"10x\"") !=
        std::string::npos);
  CHECK(refusal("1e3x for 1s").find("is no multiple") != std::string::npos);
  CHECK(refusal("-1x for 1s").find("\"-1x\" begins none") != std::string::npos);
  CHECK(refusal("nanx for 1s").find("\"nanx\" begins none") != std::string::npos);
  CHECK(refusal("2G/s for 1s").find("2G/s is more than 1G/s") != std::string::npos);
  CHECK(refusal("10x for 1us").find("1us is less than 1ms") != std::string::npos);
  CHECK(refusal("10x for 25h").find("25h is more than 24h") != std::string::npos);
  CHECK(refusal("step 50k/s every 1s to 1M/s").find("needs + or - in front") != std::string::npos);
  CHECK(refusal("burst of 0 every 1s for 1s").find("no whole number from 1 to 1000000000") !=
        std::string::npos);
  CHECK(refusal("burst of 10 every 2s for 1s").find("it ends before its first 2s do") !=
        std::string::npos);
  CHECK(refusal("on 10ms off 90ms at for 2s").find("\"for\" is not a rate") != std::string::npos);
}

TEST_CASE("stages follow each other, and each knows its rate and its messages") {
  const auto rows = expand({"1x for 2s", "10x for 500ms", "quiet for 1s", "200k/s for 1s",
                            "burst of 1000 every 100ms for 2s", "on 10ms off 90ms for 2s"});
  REQUIRE(rows.size() == 6);
  Nanoseconds at{};
  for (const LoadStage& row : rows) {
    CHECK(row.begin == at);
    at = row.end();
  }
  CHECK(at == 8500ms);
  const std::vector<double> messages{200'000, 500'000, 0, 200'000, 20'000, 20'000};
  const std::vector<double> rates{100'000, 1'000'000, 0, 200'000, 10'000, 10'000};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(rows[i].name);
    CHECK(rows[i].messages() == doctest::Approx(messages[i]));
    CHECK(rows[i].rate() == doctest::Approx(rates[i]));
  }
}

TEST_CASE("a ramp begins at the rate before it") {
  const auto rows =
      expand({"ramp to 5x over 1s", "ramp to 50k/s over 2s", "quiet for 1s", "ramp to 1x over 1s"});
  CHECK(rows[0].from == 100'000);
  CHECK(rows[0].to == 500'000);
  CHECK(rows[1].from == 500'000);
  CHECK(rows[1].messages() == doctest::Approx(550'000));
  CHECK(rows[3].from == 0);
  CHECK(rows[3].to == 100'000);
}

TEST_CASE("steps have a row each, the last one at the rate that was named") {
  const auto rows = expand({"step +50k/s every 2s to 260k/s", "step -1x every 1s to 0.5x"});
  REQUIRE(rows.size() == 7);
  const std::vector<double> rates{150'000, 200'000, 250'000, 260'000, 160'000, 60'000, 50'000};
  for (std::size_t i = 0; i < rows.size(); ++i) CHECK(rows[i].rate() == doctest::Approx(rates[i]));
  CHECK(rows[0].name == "step to 150k/s");
  CHECK(rows[3].length == 2s);
  CHECK(rows[6].name == "step to 50k/s");
}

TEST_CASE("what stages cannot come to is refused by its line") {
  const auto refusal = [](const std::vector<std::string>& lines) {
    return why([&] { return expand(lines); });
  };
  CHECK(refusal({"step +50k/s every 2s to 100k/s"}) ==
        "\"step +50k/s every 2s to 100k/s\": the rate before it is 100k/s, so no step leads to "
        "100k/s");
  CHECK(refusal({"step -50k/s every 2s to 2x"}) != "nothing");
  CHECK(refusal({"20000x for 1s"}) == "\"20000x for 1s\": comes to more than 1G/s");
  CHECK(refusal({"burst of 1000000 every 1us for 1ms"}) != "nothing");
  CHECK(refusal({"step +1k/s every 1s to 201k/s"}) ==
        "\"step +1k/s every 1s to 201k/s\": makes more than 100 stages in all, each step counted");
  CHECK(expand({"step +1k/s every 1s to 200k/s"}).size() == 100);
  CHECK(refusal({"1x for 24h", "1x for 1ms"}).find("more than 24h after") != std::string::npos);
}

TEST_CASE("scaled stages keep rates and periods, and none is shorter than a period") {
  std::vector<Stage> stages{parse_stage("10x for 2s"), parse_stage("burst of 5 every 100ms for 2s"),
                            parse_stage("step +1x every 1s to 3x"), parse_stage("quiet for 2ms")};
  scale_stages(stages, 0.01);
  CHECK(stages[0].text == "10x for 20ms");
  CHECK(stages[1].text == "burst of 5 every 100ms for 100ms");
  CHECK(stages[2].text == "step +1x every 10ms to 3x");
  CHECK(stages[3].text == "quiet for 1ms");
  scale_stages(stages, 1);
  CHECK(stages[0].length == 20ms);
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"

#include "tell/compare_text.hpp"
#include "verb/ab/json.hpp"

namespace busmark {
namespace {

AbSession session() {
  AbSession made;
  made.config = "a.toml";
  made.a = "wait=spin";
  made.b = "wait=park";
  made.planned_rounds = 8;
  made.block = std::chrono::milliseconds(200);
  AbScenario& scenario = made.scenarios.emplace_back();
  scenario.name = "one";
  for (int i = 0; i < 8; ++i) {
    auto& round = scenario.rounds.emplace_back();
    for (std::size_t arm = 0; arm < kAbArms; ++arm) {
      for (std::size_t measure = 0; measure < measure_names().size(); ++measure) {
        round[arm].values.emplace_back(1000 + i + (arm == 1 ? 500 : 0));
      }
    }
    round[0].values.front() = std::nullopt;
    round[0].values[1] = std::numeric_limits<double>::infinity();
  }
  scenario.rounds[2][1].disturbance = "steal";
  return made;
}

TEST_CASE("ab.json has the verdicts and every block's figures, unknown ones as null") {
  const AbSession one = session();
  const RunComparison comparison = compare_blocks(one, {.threshold = 0.02, .measures = {"p95"}});
  const auto json = nlohmann::json::parse(write_ab_json(one, comparison));
  CHECK(json["schema"] == "busmark.ab/1");
  CHECK(json["a"] == "wait=spin");
  CHECK(json["planned_rounds"] == 8);
  CHECK(json["block_ns"] == 200'000'000);
  const auto& scenario = json["scenarios"][0];
  CHECK(scenario["name"] == "one");
  REQUIRE(scenario["measures"].size() == 2);
  CHECK(scenario["measures"][1]["measure"] == "disturbed");
  CHECK(scenario["measures"][1]["unit"] == "share");
  const auto& p95 = scenario["measures"][0];
  CHECK(p95["measure"] == "p95");
  CHECK(p95["verdict"] == "regressed");
  CHECK(p95["effect"].get<double>() == doctest::Approx(0.498).epsilon(0.01));
  CHECK(p95["rounds"] == 7);
  CHECK(p95["primary"] == true);
  CHECK(p95["confirmed"].is_null());
  CHECK(json["at_most_ns"].is_null());
  CHECK(json["look_share"] == 1);
  const auto calls = read_ab_calls(write_ab_json(one, comparison), "ab.json");
  REQUIRE(calls.size() == scenario["measures"].size());
  CHECK(calls[0].scenario == "one");
  CHECK(calls[0].measure == "p95");
  CHECK(calls[0].verdict == "regressed");
  CHECK(calls[0].effect == doctest::Approx(p95["effect"].get<double>()));
  CHECK_THROWS_AS(static_cast<void>(read_ab_calls("{}", "x")), SetupError);
  CHECK(scenario["blocks"]["a"]["p50"][0].is_null());
  CHECK(scenario["blocks"]["a"]["p75"][0].is_null());
  CHECK(scenario["blocks"]["again"]["p95"].size() == 8);
  CHECK(scenario["blocks"]["b"]["disturbed"][2] == true);
}

TEST_CASE("interleaved blocks are told with both sides and the noise") {
  const AbSession one = session();
  const RunComparison comparison = compare_blocks(one, {.threshold = 0.02, .measures = {"p95"}});
  const std::string text = write_compare_text(comparison, false);
  CAPTURE(text);
  CHECK(text.find("noise") != std::string::npos);
  CHECK(text.find("\nA         wait=spin\nB         wait=park\n") != std::string::npos);
  CHECK(text.find("1 of 8 rounds were disturbed and are left out") != std::string::npos);
  CHECK(write_annotations(comparison).starts_with("::error title=busmark ab"));
  CHECK(write_compare_markdown(comparison).starts_with("## busmark ab\n"));
}

}  // namespace
}  // namespace busmark

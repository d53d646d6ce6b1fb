// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "support/example_run.hpp"
#include "support/golden.hpp"

namespace busmark {
namespace {

using Json = nlohmann::json;

Json example_json() {
  const RunResult result = testing::example_run();
  return Json::parse(write_result_json(store(judge(result))));
}

const Json& scenario_named(const Json& run, const std::string& name) {
  for (const Json& scenario : run["scenarios"]) {
    if (scenario["name"] == name) return scenario;
  }
  FAIL("no scenario " << name);
  return run;
}

TEST_CASE("the result of the example run is the recorded one") {
  const RunResult result = testing::example_run();
  const std::string text = write_result_json(store(judge(result)));
  CHECK(text == testing::golden("report/example.json", text));
}

TEST_CASE("every scenario's books balance in the result") {
  const Json run = example_json();
  for (const Json& scenario : run["scenarios"]) {
    const Json& counts = scenario["counts"];
    CAPTURE(scenario["name"]);
    CHECK(counts["published"].get<int>() ==
          counts["received"].get<int>() + counts["dropped"].get<int>() +
              counts["refused"].get<int>() + counts["lost"].get<int>());
  }
}

TEST_CASE("figures that do not exist are null and never NaN") {
  RunResult result = testing::example_run();
  result.scenarios[0].repetitions[0].steal_share = NAN;
  result.clock.calibration_ppm = INFINITY;
  const Json run = Json::parse(write_result_json(store(judge(result))));  // throws on NaN
  CHECK(run["environment"]["clock"]["calibration_ppm"].is_null());
  CHECK(scenario_named(run, "few-samples")["latency_ns"]["response"]["p99"].is_null());
  CHECK(scenario_named(run, "skipped")["latency_ns"]["response"]["max"].is_null());
  CHECK(scenario_named(run, "saturated")["rate"]["intended"].is_null());
}

TEST_CASE("a name that is not UTF-8 does not make the result unreadable") {
  RunResult result = testing::example_run();
  result.options.name = "caf\xe9";
  CHECK_NOTHROW(Json::parse(write_result_json(store(judge(result)))));
}

}  // namespace
}  // namespace busmark

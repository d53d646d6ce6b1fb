// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "record/store/json_writer.hpp"
#include "tell/html/data.hpp"

namespace busmark {
namespace {

using Json = nlohmann::json;

StoredRun stored_example() {
  std::ifstream file(std::string(BUSMARK_TEST_DATA) + "/report/forms/stored.json");
  std::ostringstream text;
  text << file.rdbuf();
  return read_result_json(text.str(), "stored.json");
}

Json data_of(const StoredRun& run) { return Json::parse(write_html_data(run, nullptr)); }

void set_intervals(StoredScenario& scenario, std::size_t count) {
  for (StoredRepetition& repetition : scenario.repetitions) {
    repetition.intervals.emplace(count);
    for (std::size_t i = 0; i < count; ++i) {
      StoredInterval& interval = (*repetition.intervals)[i];
      interval.start = std::chrono::milliseconds(10 * i);
      interval.length = std::chrono::milliseconds(10);
      interval.response.count = 5;
      interval.response.max = Nanoseconds(1 + static_cast<std::int64_t>(i));
    }
  }
}

TEST_CASE("a spectrum ends with the exact maximum and never descends") {
  const StoredRun run = stored_example();
  const Json spectrum = data_of(run)["scenarios"][0]["response"];
  CHECK(spectrum["count"] == run.scenarios[0].response.count);
  const auto values = spectrum["values"].get<std::vector<std::int64_t>>();
  REQUIRE(values.size() > 10);
  CHECK(std::is_sorted(values.begin(), values.end()));
  CHECK(values.back() == run.scenarios[0].response.max.count());
}

TEST_CASE("a spectrum has the percentile of each step") {
  const StoredRun run = stored_example();
  const Json json = data_of(run);
  const std::size_t steps = json["steps"];
  const Json values = json["scenarios"][0]["response"]["values"];
  const LatencySummary& response = run.scenarios[0].response;
  // 1 / (1 - p) = 10 and 100: p90 and p99.
  CHECK(values[steps] == response.find({900'000})->value.count());
  CHECK(values[2 * steps] == response.find({990'000})->value.count());
}

TEST_CASE("long runs are merged to the worst of neighbours, and lose no message") {
  StoredRun run = stored_example();
  constexpr std::size_t kMany = 100'000;
  set_intervals(run.scenarios[0], kMany);
  const Json scenario = data_of(run)["scenarios"][0];
  CHECK(scenario["merged"] > 1);
  std::uint64_t messages = 0;
  for (const Json& interval : scenario["repetitions"][0]["intervals"])
    messages += interval[2].get<std::uint64_t>();
  CHECK(messages == 5 * kMany);
  CHECK(scenario["repetitions"][0]["intervals"].back().back() == kMany);
  CHECK(scenario["repetitions"][0]["intervals"].size() < 1000);
}

TEST_CASE("short runs are not merged") {
  StoredRun run = stored_example();
  set_intervals(run.scenarios[0], 20);
  const Json scenario = data_of(run)["scenarios"][0];
  CHECK(scenario["merged"] == 1);
  CHECK(scenario["repetitions"][0]["intervals"].size() == 20);
  CHECK(scenario["repetitions"][0]["intervals"][3][0] == 30'000'000);
}

TEST_CASE("scenarios that differ in load alone are one series, named by what differs") {
  StoredRun run = stored_example();
  run.scenarios.resize(1, run.scenarios[0]);
  run.scenarios.resize(3, run.scenarios[0]);
  const auto set = [&](std::size_t scenario, std::string_view name, const char* value) {
    for (StoredParameter& parameter : run.scenarios[scenario].parameters) {
      if (parameter.name == name) parameter.value = std::string(value);
    }
  };
  set(1, "load", "7/s");
  set(2, "wait", "another");
  const Json json = data_of(run);
  CHECK(json["scenarios"][0]["series"] == json["scenarios"][1]["series"]);
  CHECK(json["scenarios"][0]["series"] != json["scenarios"][2]["series"]);
  CHECK(json["series"].size() == 2);
  CHECK(json["series"][1].get<std::string>().find(" wait=another") != std::string::npos);
}

TEST_CASE("no figure of an invalid scenario is a point of the curve") {
  StoredRun run = stored_example();
  run.scenarios[0].verdict = Verdict::pass;
  CHECK(data_of(run)["scenarios"][0]["points"].size() == 4);
  run.scenarios[0].verdict = Verdict::invalid;
  CHECK(data_of(run)["scenarios"][0]["points"].empty());
}

TEST_CASE("a name cannot end the script element that holds the data") {
  StoredRun run = stored_example();
  run.scenarios[0].name = "</script><!-- \xff";
  const std::string text = write_html_data(run, nullptr);
  CHECK(text.find('<') == std::string::npos);
  CHECK(Json::parse(text)["scenarios"][0]["name"] == "</script><!-- \xef\xbf\xbd");
}

TEST_CASE("a result without histograms has no spectrum instead of a wrong one") {
  StoredRun run = stored_example();
  run.scenarios[0].histograms.reset();
  CHECK(data_of(run)["scenarios"][0]["response"].is_null());
}

TEST_CASE("a comparison comes with its intervals, or with none where it has none") {
  const StoredRun run = stored_example();
  const std::vector<StoredRun> runs(3, run);
  const RunComparison comparison = compare(runs, runs);
  const Json json = Json::parse(write_html_data(run, &comparison));
  REQUIRE_FALSE(json["comparison"]["changes"].empty());
  CHECK(json["comparison"]["threshold"] == 0.1);
  CHECK(json["comparison"]["changes"][0]["effect"] == 0);
  CHECK(std::abs(json["comparison"]["changes"][0]["low"].get<double>()) < 1e-12);
  const RunComparison one = compare({&run, 1}, {&run, 1});
  CHECK(Json::parse(write_html_data(run, &one))["comparison"]["changes"][0]["low"].is_null());
}

}  // namespace
}  // namespace busmark

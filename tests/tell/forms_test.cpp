// SPDX-License-Identifier: Apache-2.0
#include "tell/forms.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"

#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "support/example_run.hpp"
#include "support/golden.hpp"
#include "support/text.hpp"

namespace busmark {
namespace {

using testing::contains;

using Json = nlohmann::json;

/// The example as `busmark report` has it: from a recorded file, which later versions must still
/// read and render the same.
StoredRun example() {
  RunResult result = testing::example_run();
  IntervalResult interval;
  interval.length = std::chrono::milliseconds(500);
  interval.response.append(2000, 1000);
  result.scenarios[0].repetitions[0].intervals = {interval, interval};
  result.scenarios[0].repetitions[0].producers.user = std::chrono::milliseconds(900);
  result.scenarios[0].repetitions[0].producers.involuntary_switches = 3;
  const std::string now = write_result_json(store(judge(result)));
  return read_result_json(testing::golden("report/forms/stored.json", now), "stored.json");
}

/// The same with text in every place that a hostile file could choose.
StoredRun hostile() {
  StoredRun run = example();
  const std::string nasty =
      "<script>alert('x')</script>|`*_[a](b)\n::error::x%0A, \"q\" \\ =1+1 @all & \x1b[31m\xc2\x9b";
  run.name = nasty;
  run.environment.machine.host = nasty;
  run.environment.machine.cpu_model = nasty;
  run.hints.push_back(nasty);
  for (StoredScenario& scenario : run.scenarios) {
    scenario.name = "=" + nasty;
    scenario.transport = nasty;
    for (std::string& reason : scenario.reasons) reason = nasty;
    for (StoredBudget& budget : scenario.budgets) {
      budget.text = nasty;
      budget.message_class = nasty;
      budget.reason = nasty;
    }
    for (StoredParameter& parameter : scenario.parameters) parameter.value = nasty;
    scenario.classes.emplace(1).front().summary.name = nasty;
  }
  return run;
}

std::string text_of(std::string_view form, const StoredRun& run) {
  const std::vector<FormFile> files = find_form(form)->write(run);
  REQUIRE_FALSE(files.empty());
  return files.front().text;
}

/// html needs Chart.js, which the build may not have found.
bool available(const Form& form) {
  try {
    if (form.require != nullptr) form.require();
    return true;
  } catch (const SetupError& error) {
    CHECK(std::string(error.what()).find("libjs-chart.js") != std::string::npos);
    return false;
  }
}

TEST_CASE("every form of the example run is the recorded one") {
  const StoredRun run = example();
  for (const Form& form : all_forms()) {
    if (form.name == "html") continue;  // html_data_test.cpp has what of it is ours
    if (form.name == "json") continue;  // result_json_test.cpp
    const std::string text = text_of(form.name, run);
    const std::string name = "report/forms/example" + std::string(form.ending);
    CAPTURE(name);
    CHECK(text == testing::golden(name, text));
  }
}

TEST_CASE("the form json is the result as a run writes it") {
  CHECK(text_of("json", hostile()) == write_result_json(hostile()));
}

TEST_CASE("a form is the same every time") {
  for (const Form& form : all_forms()) {
    if (!available(form)) continue;
    CHECK(text_of(form.name, hostile()) == text_of(form.name, hostile()));
  }
}

TEST_CASE("a run without a scenario has every form but a distribution") {
  StoredRun run = example();
  run.scenarios.clear();
  for (const Form& form : all_forms()) {
    CAPTURE(form.name);
    if (!available(form)) continue;
    CHECK(form.write(run).empty() == (form.name == "hgrm"));
  }
}

TEST_CASE("a file's ending says its form, the longest that fits") {
  CHECK(form_of_file("a/b.md")->name == "md");
  CHECK(form_of_file("b.csv")->name == "csv");
  CHECK(form_of_file("b.intervals.csv")->name == "csv-intervals");
  CHECK(form_of_file("b.gab.json")->name == "gab");
  CHECK(form_of_file("b.xml")->name == "junit");
  CHECK(form_of_file("b.txt")->name == "text");
  CHECK(form_of_file("b.json")->name == "json");
  CHECK(form_of_file("b.jsn") == nullptr);
  CHECK(find_form("html2") == nullptr);
}

TEST_CASE("hostile text stays text in Markdown") {
  const std::string text = text_of("md", hostile());
  CHECK_FALSE(contains(text, "<script"));
  CHECK_FALSE(contains(text, "\x1b"));
  CHECK_FALSE(contains(text, "\n::error"));
  CHECK_FALSE(contains(text, "@all"));
  CHECK(contains(text, "\\|"));
}

TEST_CASE("a terminal obeys no text of a file, wherever it stands") {
  const std::string text = text_of("text", hostile());
  CHECK(contains(text, "<script>alert"));
  CHECK_FALSE(contains(text, "\x1b"));
  CHECK_FALSE(contains(text, "\xc2\x9b"));
  CHECK_FALSE(contains(text, "\n::error"));
}

TEST_CASE("hostile text stays text in XML") {
  const std::string text = text_of("junit", hostile());
  CHECK_FALSE(contains(text, "<script"));
  CHECK_FALSE(contains(text, "\x1b"));
  CHECK(contains(text, "&lt;script&gt;"));
}

TEST_CASE("a spreadsheet runs no cell of the CSV, and every row has as many cells as the head") {
  const std::string text = text_of("csv", hostile());
  CHECK(contains(text, "\"'=<script>"));
  const std::string head = text_of("csv", example());
  const auto commas = [](const std::string& line) {
    return std::count(line.begin(), line.end(), ',');
  };
  std::size_t at = 0;
  const auto expected = commas(head.substr(0, head.find('\n')));
  while (at < head.size()) {
    const std::size_t end = head.find('\n', at);
    CHECK(commas(head.substr(at, end - at)) == expected);
    at = end + 1;
  }
}

TEST_CASE("the CSV has a column for every parameter that any scenario has") {
  StoredRun run = example();
  run.scenarios[1].parameters.push_back({"colour", std::string("green")});
  const std::string text = text_of("csv", run);
  CHECK(contains(text, "drain_ns,colour,response_count"));
  CHECK(contains(text, "2000000000,green,"));
  CHECK(contains(text, "2000000000,,"));
}

TEST_CASE("hostile text ends no Prometheus label and no line") {
  const std::string text = text_of("prom", hostile());
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    CHECK((line.starts_with("# ") || line.starts_with("busmark_")));
    at = end + 1;
  }
}

TEST_CASE("the JSON forms of hostile text are JSON that holds the text itself") {
  for (const std::string_view form : {"gbench", "gab", "gab-rate", "bmf"}) {
    CAPTURE(form);
    CHECK(Json::accept(text_of(form, hostile())));
  }
  const Json entries = Json::parse(text_of("gab-rate", hostile()));
  CHECK(entries[0]["extra"] == hostile().scenarios[0].transport);
}

TEST_CASE("an annotation is one line whatever stands in it, and names what did not pass") {
  const std::string text = write_annotations(hostile());
  std::size_t lines = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    CHECK((line.starts_with("::error title=") || line.starts_with("::warning title=")));
    CHECK_FALSE(contains(line, "\x1b"));
    ++lines;
    at = end + 1;
  }
  CHECK(lines == 5);  // warns, straddles, fails, loses, few-samples
  CHECK(contains(write_annotations(example()),
                 "::error title=busmark%3A fails::FAIL p95 < 5ms: 10ms"));
}

TEST_CASE("the Prometheus histogram adds up") {
  const std::string text = text_of("prom", example());
  CHECK(contains(text,
                 "busmark_latency_seconds_bucket{scenario=\"passes\",transport=\"queue/spsc\","
                 "kind=\"response\",le=\"+Inf\"} 3000\n"));
  CHECK(contains(text, "le=\"1e-06\"} 0\n"));
  CHECK(contains(text, "kind=\"response\",le=\"5e-06\"} 3000\n"));
}

TEST_CASE("a result without histograms has no distribution, and says what to do") {
  StoredRun run = example();
  for (StoredScenario& scenario : run.scenarios) scenario.histograms.reset();
  CHECK_THROWS_WITH_AS((void)find_form("hgrm")->write(run), doctest::Contains("measure again"),
                       SetupError);
  CHECK_FALSE(contains(text_of("prom", run), "_bucket"));
}

TEST_CASE("google-benchmark's form has every repetition that was used, and their median") {
  const Json json = Json::parse(text_of("gbench", example()));
  std::vector<double> seen;
  for (const Json& entry : json["benchmarks"]) {
    if (entry["run_name"] != "passes/p95") continue;
    seen.push_back(entry["real_time"].get<double>());
    CHECK(entry["repetitions"] == 3);
    CHECK(entry["time_unit"] == "ns");
  }
  CHECK(seen == std::vector<double>{2000, 3000, 2000, 2000});
}

TEST_CASE("an invalid scenario is in no tracker's file") {
  for (const std::string_view form : {"gbench", "gab", "gab-rate", "bmf"}) {
    CHECK_FALSE(contains(text_of(form, example()), "loses"));
  }
}

TEST_CASE("the next steps follow from the verdicts") {
  const std::string text = text_of("md", example());
  CHECK(contains(text, "Make loses valid first: 3 messages were lost"));
  CHECK(contains(text, "Bring fails under its budget p95 &lt; 5ms, now 10ms"));
  CHECK(contains(text, "Decide p95 &lt; 5ms of few-samples with more repetitions"));
  CHECK_FALSE(contains(text, "All budgets are met"));
}

}  // namespace
}  // namespace busmark

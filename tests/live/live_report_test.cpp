// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "live/page.hpp"
#include "support/text.hpp"

namespace busmark {
namespace {

using testing::contains;

using Json = nlohmann::json;

DecodedHistogram thousand_of(std::uint64_t nanoseconds) {
  DecodedHistogram histogram(Histogram::shape());
  histogram.append(Histogram::shape().index_of(nanoseconds), 1000);
  return histogram;
}

LiveView view() {
  LiveView shown;
  shown.progress.scenario = "a \"b\"\n</script>";
  shown.progress.position = 1;
  shown.progress.scenarios = 2;
  shown.progress.phase = "measure";
  shown.transport = "queue/spsc";
  shown.rate = 990;
  shown.intended = 1000;
  shown.budgets = {parse_budget("p95 < 5ms"), parse_budget("lost == 0")};
  shown.intervals = 3;
  shown.response = thousand_of(2000);
  shown.interval = summarise_interval(shown.response);
  shown.ended.push_back({.name = "one", .verdict = "PASS", .p50 = {}, .p95 = {}, .p99 = {}});
  shown.ended.push_back({.name = "two", .verdict = "FAIL", .p50 = {}, .p95 = {}, .p99 = {}});
  return shown;
}

TEST_CASE("an interval withholds the percentiles that its samples cannot carry") {
  DecodedHistogram few(Histogram::shape());
  few.append(500, 100);
  const LiveInterval interval = summarise_interval(few);
  CHECK(interval.p95.has_value());
  CHECK_FALSE(interval.p99.has_value());
  CHECK_FALSE(summarise_interval(DecodedHistogram(Histogram::shape())).p50.has_value());
}

TEST_CASE("metrics of a running scenario are in seconds and end no label") {
  const std::string text = write_live_metrics(view());
  const std::string labels = R"({scenario="a \"b\"\n</script>",transport="queue/spsc")";
  CHECK(contains(text, "busmark_live_running 1\n"));
  CHECK(contains(text, "busmark_live_budget_seconds" + labels + ",percentile=\"95\"} 0.005\n"));
  CHECK(contains(text, "busmark_live_response_seconds_count" + labels + "} 1000\n"));
  CHECK(contains(text, "busmark_live_response_seconds_bucket" + labels + ",le=\"1e-06\"} 0\n"));
  CHECK(contains(text, "busmark_live_response_seconds_bucket" + labels + ",le=\"5e-06\"} 1000\n"));
  CHECK_FALSE(contains(text, "lost"));
}

TEST_CASE("a rate that is not known and a plan that does not exist are absent, not zero") {
  LiveView shown = view();
  shown.rate = 0;
  shown.intended.reset();
  const std::string text = write_live_metrics(shown);
  CHECK_FALSE(contains(text, "busmark_live_rate"));
  CHECK_FALSE(contains(text, "busmark_live_intended"));
  CHECK(Json::parse(write_live_json(shown))["rate"].is_null());
}

TEST_CASE("a run that is over has no running scenario") {
  LiveView shown = view();
  shown.over = true;
  CHECK(write_live_metrics(shown) ==
        "# HELP busmark_live_running 1 while the run lasts.\n"
        "# TYPE busmark_live_running gauge\nbusmark_live_running 0\n");
}

TEST_CASE("the live page is told on one line, and of each ended scenario once") {
  const std::string text = write_live_json(view(), 1);
  CHECK(text.find('\n') == std::string::npos);
  const Json json = Json::parse(text);
  CHECK(json["ended"].size() == 1);
  CHECK(json["ended"][0]["name"] == "two");
  CHECK(json["budgets"].size() == 1);
}

TEST_CASE("the live page loads nothing from elsewhere") {
  const std::string page = live_page();
  CHECK(contains(page, "default-src 'none'"));
  CHECK_FALSE(contains(page, "src=\""));
  CHECK_FALSE(contains(page, "{{"));
}

}  // namespace
}  // namespace busmark

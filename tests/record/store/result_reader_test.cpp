// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"

#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "support/example_run.hpp"
#include "support/text.hpp"

namespace busmark {
namespace {

using testing::contains;

using OrderedJson = nlohmann::ordered_json;

std::string example_text() {
  RunResult result = testing::example_run();
  IntervalResult interval;
  interval.length = std::chrono::milliseconds(500);
  interval.response.append(2000, 1000);
  result.scenarios[0].repetitions[0].intervals = {interval, interval};
  RepetitionResult& first = result.scenarios[0].repetitions[0];
  first.memory = MemoryResult{.before = 5, .after = 7, .peak = {}, .own = 1};
  first.fault.emplace().fault = "corrupt at 1ms for 2ms";
  first.fault->corrupt = CorruptPayloads{.planted = 3, .found = 2};
  for (RepetitionResult& one : result.scenarios[0].repetitions) {
    one.cpu = CpuPerMessage{.transport_ns = 900, .direct_ns = 1000};  // added: less than nothing
  }
  NatsReport& nats = result.scenarios[0].repetitions[0].nats.emplace();
  nats.server = "nats-server 2.9.10, started on cpu 1";
  nats.load.emplace().in_messages = 7;
  nats.load->processor_time = std::chrono::milliseconds(30);
  NatsLibraryReport& library = nats.library.emplace();
  library.library = "libnats 3.4.1";
  library.flush = "default";
  library.delivery = "async";
  library.threads = {{.name = "nats-p0", .allowed_cpus = {0, 1}, .seen_on = {1}}};
  library.connections.resize(1);
  library.connections[0].slow_consumer_drops = 3;
  library.connections[0].error = "Slow Consumer";
  nats.endpoints.resize(2);
  nats.endpoints[1].role = "producer 0";
  nats.endpoints[1].counters.sends = 5;
  nats.endpoints[1].end = "closed the connection";
  return write_result_json(store(judge(result)));
}

/// What the reader says to `text`; empty where it accepts it.
std::string refusal(const std::string& text) {
  try {
    (void)read_result_json(text, "r.json");
  } catch (const ConfigError& error) {
    CHECK(error.diagnostics().size() == 1);
    return error.what();
  }
  return {};
}

/// The same to the example with one value replaced.
std::string refusal_of(const std::string& pointer, const OrderedJson& value) {
  OrderedJson json = OrderedJson::parse(example_text());
  json[OrderedJson::json_pointer(pointer)] = value;
  return refusal(json.dump());
}

TEST_CASE("reading a result and writing it again gives the same bytes") {
  const std::string text = example_text();
  CHECK(write_result_json(read_result_json(text, "r.json")) == text);
}

TEST_CASE("a result keeps its intervals and its histograms") {
  const StoredRun run = read_result_json(example_text(), "r.json");
  const StoredScenario& scenario = run.scenarios.front();
  REQUIRE(scenario.histograms);
  CHECK(scenario.histograms->response.total() == 3000);
  REQUIRE(scenario.repetitions[0].intervals);
  REQUIRE(scenario.repetitions[0].intervals->size() == 2);
  const StoredInterval& interval = scenario.repetitions[0].intervals->front();
  CHECK(interval.length == std::chrono::milliseconds(500));
  CHECK(interval.response.count == 1000);
  CHECK(interval.response.find(Percentile{500'000}) == interval.response.max);
}

TEST_CASE("a result keeps memory, corrupt payloads and processor time") {
  const StoredScenario scenario = read_result_json(example_text(), "r.json").scenarios.front();
  const StoredRepetition& first = scenario.repetitions.front();
  CHECK(first.memory == MemoryResult{.before = 5, .after = 7, .peak = {}, .own = 1});
  CHECK(first.fault->corrupt == CorruptPayloads{.planted = 3, .found = 2});
  CHECK(first.cpu == CpuPerMessage{.transport_ns = 900, .direct_ns = 1000});
  REQUIRE(scenario.cpu);
  CHECK(scenario.cpu->added_ns.value == -100);
  CHECK(scenario.cpu->share.high == doctest::Approx(-0.1));
}

TEST_CASE("a file from before histograms and intervals were kept is read") {
  OrderedJson json = OrderedJson::parse(example_text());
  for (OrderedJson& scenario : json["scenarios"]) {
    scenario.erase("histograms");
    for (OrderedJson& repetition : scenario["repetitions"]) repetition.erase("intervals");
  }
  const std::string text = json.dump(2) + "\n";
  const StoredRun run = read_result_json(text, "r.json");
  CHECK_FALSE(run.scenarios.front().histograms);
  CHECK(write_result_json(run) == text);
}

TEST_CASE("keys of a later version are passed over, scalar parameters are kept") {
  OrderedJson json = OrderedJson::parse(example_text());
  json["scenarios"][0]["colour"] = {{"deep", OrderedJson::array({1, 2})}};
  json["scenarios"][0]["latency_ns"]["response"]["pnew"] = 7;
  json["scenarios"][0]["parameters"]["pattern"] = "fan-out";
  json["scenarios"][0]["parameters"]["subjects"] = OrderedJson::array({"a", "b"});
  const StoredRun run = read_result_json(json.dump(), "r.json");
  CHECK(run.scenarios[0].parameter("pattern") == "fan-out");
  CHECK(run.scenarios[0].parameter("subjects").empty());
}

TEST_CASE("a file cut short anywhere is called so, and never read as a shorter result") {
  const std::string text = example_text();
  for (std::size_t length = 0; length + 2 < text.size(); length += 997) {
    const std::string said = refusal(text.substr(0, length));
    CAPTURE(length);
    CHECK(said != "");
    CHECK(said.find('\n') == std::string::npos);
  }
  CHECK(contains(refusal(text.substr(0, 5000)), "cut short"));
  CHECK(contains(refusal(""), "cut short"));
}

TEST_CASE("what is no result is refused with its place, the mistake and the cure") {
  struct Case {
    const char* pointer;
    OrderedJson value;
    std::vector<std::string> says;
  };
  const std::vector<Case> cases{
      {"/schema",
       "busmark.result/2",
       {"schema: is \"busmark.result/2\"", "reads busmark.result/1"}},
      {"/schema", "busmark.result/0", {"measure again"}},
      {"/schema", "other/1", {"must be \"busmark.result/1\""}},
      {"/schema", 1, {"\"schema\" is missing"}},
      {"/wall_ns", "12", {"r.json: wall_ns: must be a whole number, not \"12\""}},
      {"/wall_ns", -1, {"at least 0"}},
      {"/wall_ns", 1.5, {"whole number"}},
      {"/wall_ns", 18446744073709551615ULL, {"beyond every figure"}},
      {"/repetitions", 5'000'000'000LL, {"beyond every figure"}},
      {"/name", nullptr, {"name: must be a string"}},
      {"/scenarios", 7, {"scenarios: must be a list, not 7"}},
      {"/scenarios/0", "x", {"scenarios[0]: must be an object"}},
      {"/scenarios/1/verdict", "GOOD", {"scenarios[1].verdict", "PASS", "\"GOOD\""}},
      {"/scenarios/0/rate/achieved", nullptr, {"scenarios[0].rate.achieved", "a number"}},
      {"/scenarios/0/rate/achieved", -3.0, {"at least 0"}},
      {"/scenarios/0/latency_ns/response/p95",
       "<script>alert(1)</script>",
       {"scenarios[0].latency_ns.response.p95", "<script>"}},
      {"/scenarios/0/latency_ns/response/max", nullptr, {"latency_ns.response.max"}},
      {"/scenarios/0/latency_ns/response/interval_95/p50",
       OrderedJson::array({5, 4}),
       {"low and a high"}},
      {"/scenarios/0/latency_ns/response/count", 1, {"has 3000 samples in histograms.response"}},
      {"/scenarios/0/histograms/response", "HISTFAAAA", {"histograms.response", "no histogram"}},
      {"/scenarios/0/repetitions/1/witness/before/class",
       3,
       {"repetitions[1].witness.before.class"}},
      {"/scenarios/0/repetitions/0/intervals", 1'000'000'000, {"intervals: must be a list"}},
      {"/environment/online_cpus", true, {"environment.online_cpus"}},
      {"/environment/busmark/libraries/fmt", 9, {"environment.busmark.libraries.fmt"}},
  };
  for (const Case& one : cases) {
    const std::string said = refusal_of(one.pointer, one.value);
    CAPTURE(one.pointer);
    for (const std::string& part : one.says) CHECK_MESSAGE(contains(said, part), said);
    CHECK(said.find('\n') == std::string::npos);
  }
}

/// Of three repetitions that refused 9 of 1000 messages.
OrderedJson refusing_result() {
  RunResult result = testing::example_run();
  RepetitionResult one = testing::repetition(99'100, std::chrono::microseconds(2));
  one.counts.published = 100'000;
  one.counts.refused = 900;
  result.scenarios.resize(1);
  result.scenarios[0] = testing::scenario({one, one, one}, {"p99 < 5ms", "p99.9 < 5ms"});
  return OrderedJson::parse(write_result_json(store(judge(result))));
}

TEST_CASE("what took for ever is null, is named so, and is read as that again") {
  const OrderedJson json = refusing_result();
  const OrderedJson& scenario = json["scenarios"][0];
  const OrderedJson& response = scenario["latency_ns"]["response"];
  CHECK(response["missing"] == 2700);
  CHECK(response["never"] == OrderedJson::array({"p99.9", "p99.99"}));
  CHECK(response["p99.9"].is_null());
  CHECK(response["interval_95"]["p99.9"] == OrderedJson::array({nullptr, nullptr}));
  CHECK(response["effective_count"]["p99"] == 300'000);
  CHECK(scenario["repetitions"][0]["latency_ns"]["response"]["never"] ==
        OrderedJson::array({"p99.9", "p99.99"}));
  CHECK(scenario["budgets"][1]["value"].is_null());
  CHECK(scenario["budgets"][1]["never"] == true);
  CHECK_FALSE(scenario["budgets"][0].contains("never"));

  const StoredRun run = read_result_json(json.dump(), "r.json");
  const StoredScenario& read = run.scenarios[0];
  CHECK(read.response.find({999'000})->never());
  CHECK(read.response.find({999'000})->supported);
  CHECK(read.response.find({990'000})->effective_count == 300'000);
  CHECK(read.repetitions[0].response.percentiles[5].never);
  CHECK(read.budgets[1].never == true);
  CHECK(OrderedJson::parse(write_result_json(run)) == json);
}

TEST_CASE("an interval that is not known is null, and is read as that again") {
  RunResult result = testing::example_run();
  result.scenarios.resize(1);
  result.scenarios[0].repetitions.resize(1);
  result.scenarios[0].repetitions[0].sections.clear();
  const OrderedJson json = OrderedJson::parse(write_result_json(store(judge(result))));
  const OrderedJson& response = json["scenarios"][0]["latency_ns"]["response"];
  CHECK(response["p50"].is_number());
  CHECK(response["interval_95"]["p50"].is_null());
  const StoredRun run = read_result_json(json.dump(), "r.json");
  CHECK_FALSE(run.scenarios[0].response.find({500'000})->known);
  CHECK(OrderedJson::parse(write_result_json(run)) == json);
}

TEST_CASE("a result of an earlier version, that knew none of this, is read") {
  OrderedJson json = OrderedJson::parse(example_text());
  for (OrderedJson& scenario : json["scenarios"]) {
    for (const char* kind : {"response", "service"}) {
      for (const char* key : {"missing", "never", "effective_count"}) {
        scenario["latency_ns"][kind].erase(key);
      }
    }
  }
  const StoredRun run = read_result_json(json.dump(), "r.json");
  CHECK(run.scenarios[0].response.find({500'000})->supported);
  CHECK_FALSE(run.scenarios[0].response.find({500'000})->effective_count);
}

TEST_CASE("every key that belongs to a result is missed when it is not there") {
  const OrderedJson whole = OrderedJson::parse(example_text());
  const auto missing = [&](const std::string& pointer, const std::string& key) {
    OrderedJson json = whole;
    json[OrderedJson::json_pointer(pointer)].erase(key);
    const std::string said = refusal(json.dump());
    CAPTURE(pointer);
    CAPTURE(key);
    CHECK_MESSAGE(contains(said, "missing"), said);
  };
  for (const std::string pointer :
       {"", "/environment", "/environment/clock", "/overhead_ns", "/scenarios/0/latency_ns",
        "/scenarios/0/latency_ns/response", "/scenarios/0/rate", "/scenarios/0/counts",
        "/scenarios/0/repetitions/0/latency_ns/service",
        "/scenarios/0/repetitions/0/resources/producers"}) {
    for (const auto& [key, value] : whole[OrderedJson::json_pointer(pointer)].items()) {
      // Files of earlier versions do without these.
      if (key != "missing" && key != "never" && key != "effective_count") missing(pointer, key);
    }
  }
}

TEST_CASE("what is no JSON is shown where it goes wrong") {
  std::string text = example_text();
  const std::size_t at = text.find("\"achieved\": ") + 12;
  const std::string with_nan = text.substr(0, at) + "NaN" + text.substr(text.find(',', at));
  CHECK(contains(refusal(with_nan), "is no JSON from byte"));
  CHECK(contains(refusal("{\"schema\": 1e999}"), "number that no computer can hold"));
  CHECK(contains(refusal("\x7f"
                         "ELF"),
                 "is no JSON"));
  CHECK(contains(refusal("[]"), "\"schema\" is missing"));
  CHECK(contains(refusal("\"\xff\""), "is no JSON"));
}

TEST_CASE("neither a deep nest nor an object of countless keys is followed") {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  CHECK(contains(refusal(deep), "nests deeper"));
  std::string wide = "{\"schema\": \"busmark.result/1\"";
  for (int i = 0; i < 100'000; ++i) wide += ", \"k" + std::to_string(i) + "\": 0";
  CHECK(contains(refusal(wide + "}"), "more keys"));
}

}  // namespace
}  // namespace busmark

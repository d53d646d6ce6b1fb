// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "judge/store.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "support/example_run.hpp"
#include "support/golden.hpp"
#include "support/results.hpp"
#include "support/text.hpp"
#include "support/told.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

TEST_CASE("the text report of the example run is the recorded one") {
  const RunResult result = testing::example_run();
  const std::string text = testing::told(result);
  CHECK(text == testing::golden("report/example.txt", text));
}

TEST_CASE("colour only decorates: without the codes the text is the same") {
  const RunResult result = testing::example_run();
  const StoredRun stored = store(judge(result));
  std::string colored = write_text_report(stored, true);
  CHECK(colored.find("\x1b[32mPASS\x1b[0m") != std::string::npos);
  for (std::size_t at = colored.find('\x1b'); at != std::string::npos; at = colored.find('\x1b')) {
    colored.erase(at, colored.find('m', at) - at + 1);
  }
  CHECK(colored == write_text_report(stored, false));
}

TEST_CASE("the line of the clock says why it is the system's, and only then") {
  RunResult result = testing::example_run();
  const std::string counter = testing::told(result);
  CHECK_FALSE(testing::contains(counter, result.clock.reason));
  result.clock.source = ClockSource::clock_gettime;
  result.clock.reason = "the TSC of this CPU is not invariant";
  CHECK(testing::contains(testing::told(result),
                          "step 10 ns; the TSC of this CPU is not invariant\n"));
}

TEST_CASE("a percentile without enough samples is withheld from the table") {
  RunResult result = testing::example_run();
  std::erase_if(result.scenarios, [](const auto& s) { return s.scenario.name != "few-samples"; });
  const std::string text = testing::told(result);
  const std::string row = text.substr(text.find("few-samples"));
  CHECK(row.substr(0, row.find('\n')) ==
        "few-samples  1k/s  2us    -     -    -      -  2us  1k/s     0  INCONCLUSIVE");
}

TEST_CASE("what a free core did beside the run is a line, and a sentence on the page") {
  RepetitionResult repetition = testing::repetition(1000, 2us);
  FloorDuring floor;
  floor.cpu = CpuId{7};
  floor.during = {.watched = 1s, .lost = 30ms, .switched = 20ms, .own = 5ms, .gaps = 9};
  floor.around = {.watched = 1s, .lost = 10ms, .switched = 0ns, .own = 0ns, .gaps = 1};
  floor.longest = 4ms;
  repetition.floor_during = floor;
  RunResult run;
  run.scenarios = {testing::scenario({repetition})};
  const std::string sentence =
      "cpu 7, which nothing measured, was taken or away for 2.5 % of the time during example, for "
      "at most "
      "4ms "
      "at once; before and after for 1 %";
  CHECK(testing::contains(testing::told(run), "beside   " + sentence + "\n"));
  const std::string json = write_result_json(store(judge(run)));
  const StoredRun stored = read_result_json(json, "test");
  CHECK(write_result_json(stored) == json);
  REQUIRE(stored.scenarios.at(0).floor_during);
  CHECK(stored.scenarios[0].floor_during->cpu == 7);
}

/// A repetition that a maximum called off for good.
RepetitionResult called_off() {
  RepetitionResult one = testing::repetition(300, 9ms);
  one.ended_early = true;
  one.missed = MissedBudget{.budget = "max < 5ms",
                            .after = 300ms,
                            .beyond = 1,
                            .enough = 1,
                            .planned = 1000,
                            .reason = "one was beyond",
                            .for_good = true};
  return one;
}

TEST_CASE("what ended a scenario is told with what did not run any more") {
  RunResult run;
  run.options.repetitions = 3;
  run.scenarios = {testing::scenario({called_off()}, {"max < 5ms"})};
  CHECK(testing::contains(testing::told(run),
                          "ended early   example: repetition 1 of 3 ended after 300ms of 1s: max < "
                          "5ms was certain to be missed; the other 2 were not run\n"));
  run.scenarios[0].repetitions[0].missed->for_good = false;
  CHECK_FALSE(testing::contains(testing::told(run), "not run"));
}

TEST_CASE("repetitions are told where more were run, or where a precision was asked for") {
  RunResult run;
  run.options.repetitions = 3;
  const RepetitionResult one = testing::repetition(1000, 2us);
  run.scenarios = {testing::scenario({one, one, one})};
  run.scenarios[0].stopping = Stopping{.planned = 3, .run = 3, .reason = "it is enough"};
  CHECK_FALSE(testing::contains(testing::told(run), "repetitions "));
  run.options.until = parse_until("p95:5%");
  CHECK(testing::contains(testing::told(run),
                          "repetitions   example: 3 planned, 3 run; it is enough\n"));
}

TEST_CASE("times of operations are called so, and are no queueing") {
  RunResult run;
  run.scenarios = {testing::scenario({testing::repetition(1000, 2us)})};
  run.scenarios[0].scenario.load.rate.reset();
  run.scenarios[0].repetitions[0].intended_rate = 0;
  CHECK(testing::contains(testing::told(run), "queueing under saturation"));
  run.scenarios[0].operation = true;
  const std::string text = testing::told(run);
  CHECK(testing::contains(text, "Of op/...: the time of one operation"));
  CHECK_FALSE(testing::contains(text, "queueing under saturation"));
}

TEST_CASE("the warm-up, what was dropped, several receivers and agents have a line each") {
  RepetitionResult one = testing::repetition(1000, 2us);
  one.warmup = WarmupResult{.length = 650ms, .limit = 10s, .steady = true, .found = "it held"};
  one.counts.published = 1010;
  one.counts.dropped = 7;
  one.counts.refused = 3;
  for (const std::uint64_t received : {300U, 400U}) {
    one.receivers.push_back({.response = {.count = received, .p50 = 2us, .max = 3us}});
  }
  RunResult run;
  run.scenarios = {testing::scenario({one})};
  run.scenarios[0].scenario.consumers = 2;
  for (const std::string name : {"a", "b"}) {
    AgentReport& agent = run.agents.emplace_back();
    agent.name = name;
    agent.host = "h";
    agent.server = "s";
  }
  run.agents[0].clock_offset = -5us;
  run.agents[0].clock_bound = 2us;
  run.agents[1].clock_bound = 9us;
  run.agents[1].fault = "silent";
  const std::string text = testing::told(run);
  CHECK(testing::contains(text, "warm-up       example: steady after 650ms\n"));
  CHECK(testing::contains(text, "dropped       example: 7 dropped and 3 refused of 1010;"));
  CHECK(testing::contains(text,
                          "receivers     example: 2 consumers, p50 2us to 2us (1 times), 300 "
                          "to 400 messages each, fairness 0.98"));
  CHECK(testing::contains(text, "agent    a on h, s: 0 of 0 received, clock -5us within 2us\n"));
  CHECK(testing::contains(text, "within 9us; failed: silent\n"));
}

TEST_CASE("the server, the library and what a fault did are told of the file as of the run") {
  RepetitionResult one = testing::repetition(1000, 2us);
  NatsReport& nats = one.nats.emplace();
  nats.server = "nats-server 2.9.10, started on cpu 1";
  nats.library.emplace().library = "libnats 3.4.1";
  nats.endpoints.emplace_back().role = "producer 0";
  nats.endpoints.back().earlier_ends = {"closed the connection"};
  nats.log = {"[ERR] slow"};
  one.fault.emplace().fault = "restart at 1s";
  one.fault->outage = 20ms;
  one.fault->lost = {{.producer = 0, .first = 5, .last = 9}};
  one.fault->lost_ranges = 1;
  one.fault->corrupt = CorruptPayloads{.planted = 3, .found = 2};
  one.cpu = CpuPerMessage{.transport_ns = 1040, .direct_ns = 1000};
  RunResult run;
  run.scenarios = {testing::scenario({one, one, one, one, one, one})};
  const std::string text = testing::told(run);
  CHECK(testing::contains(text, "server   nats-server 2.9.10, started on cpu 1\n"));
  CHECK(testing::contains(text, "library  libnats 3.4.1"));
  CHECK(testing::contains(text, "lost          example: producer 0: 5-9\n"));
  CHECK(testing::contains(text, "said          example: producer 0: it closed the connection\n"));
  CHECK(testing::contains(text, "said          example: log: [ERR] slow\n"));
  CHECK(testing::contains(text, "corrupt       example: 3 payloads broken on purpose, 2 found"));
  CHECK(testing::contains(text,
                          "cpu           example: 1.04us of processor time per message, 1us "
                          "called directly; added 40ns (40ns .. 40ns), 4 %\n"));
}

TEST_CASE("a limit that is missed for ever reads never") {
  RepetitionResult one = testing::repetition(900, 2us);
  one.counts.published = 1000;
  one.counts.lost = 100;
  RunResult run;
  run.scenarios = {testing::scenario({one, one, one})};
  run.scenarios[0].lossless = false;
  CHECK(testing::contains(testing::told(run), "p95 < 5ms: never, "));
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "judge/verdict.hpp"

#include <doctest/doctest.h>

#include "support/results.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::repetition;
using testing::scenario;

ScenarioVerdict verdict_of(const ScenarioResult& result) {
  return judge(result, summarise(result));
}

bool mentions(const std::vector<std::string>& reasons, const std::string& text) {
  for (const std::string& reason : reasons) {
    if (reason.find(text) != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("a p95 well below the limit passes with its margin") {
  const ScenarioVerdict verdict = verdict_of(scenario({repetition(1000, 1ms)}));
  CHECK(verdict.verdict == Verdict::pass);
  CHECK(*verdict.budgets[0].margin == doctest::Approx(0.8).epsilon(0.002));
  CHECK(*verdict.budgets[0].value == doctest::Approx(1e6).epsilon(0.001));
}

TEST_CASE("a p95 within ten percent of the limit is a warning") {
  CHECK(verdict_of(scenario({repetition(1000, 4600us)})).verdict == Verdict::warn);
  CHECK(verdict_of(scenario({repetition(1000, 4400us)})).verdict == Verdict::pass);
}

TEST_CASE("a p95 equal to the limit passes <= and fails <") {
  // 4 us: below 2048 ns * 2 buckets are 2 ns wide, so 4'095 is a bucket's highest value.
  CHECK(verdict_of(scenario({repetition(1000, 4095ns)}, {"p95 <= 4095ns"})).verdict ==
        Verdict::warn);
  CHECK(verdict_of(scenario({repetition(1000, 4095ns)}, {"p95 < 4095ns"})).verdict ==
        Verdict::fail);
}

TEST_CASE("a p95 above the limit fails and says by how much") {
  const ScenarioVerdict verdict = verdict_of(scenario({repetition(1000, 10ms)}));
  CHECK(verdict.verdict == Verdict::fail);
  CHECK(verdict.budgets[0].reason.find("100 %") != std::string::npos);
}

TEST_CASE(
    "memory is judged by the repetition with most of it, and not at all where one is unknown") {
  std::vector<RepetitionResult> repetitions{repetition(1000, 1ms), repetition(1000, 1ms)};
  repetitions[0].memory =
      MemoryResult{.before = 50'000'000, .after = 50'400'000, .peak = 51'000'000};
  repetitions[1].memory =
      MemoryResult{.before = 50'000'000, .after = 50'700'000, .peak = 50'800'000};
  const std::vector<std::string> budgets{"rss < 64MB", "memory.growth < 500kB"};
  ScenarioVerdict verdict = verdict_of(scenario(repetitions, budgets));
  CHECK(verdict.budgets[0].verdict == Verdict::pass);
  CHECK(*verdict.budgets[0].value == 51'000'000);
  CHECK(verdict.budgets[1].verdict == Verdict::fail);
  CHECK(*verdict.budgets[1].value == 700'000);
  repetitions[0].memory->peak.reset();
  verdict = verdict_of(scenario(repetitions, budgets));
  CHECK(verdict.budgets[0].verdict == Verdict::inconclusive);
  CHECK(verdict.budgets[0].reason.find("clear_refs") != std::string::npos);
  CHECK(verdict.budgets[1].verdict == Verdict::fail);
}

TEST_CASE("growth that busmark's own records may be, or may hide, is not decided") {
  std::vector<RepetitionResult> repetitions{repetition(1000, 1ms)};
  repetitions[0].memory =
      MemoryResult{.before = 50'000'000, .after = 51'000'000, .peak = 51'000'000, .own = 600'000};
  const ScenarioVerdict verdict = verdict_of(scenario(
      repetitions, {"memory.growth < 300kB", "memory.growth < 500kB", "memory.growth < 2MB"}));
  CHECK(verdict.budgets[0].verdict == Verdict::fail);
  CHECK(verdict.budgets[1].verdict == Verdict::inconclusive);
  CHECK(verdict.budgets[2].verdict == Verdict::pass);
}

TEST_CASE("a schedule missed by more than one percent is invalid, by less it is not") {
  for (const auto part : {&PacingResult::unsent, &PacingResult::overdue}) {
    RepetitionResult slow = repetition(1000, 1ms);
    slow.achieved_rate = 989;
    slow.pacing.*part = 11;
    const ScenarioVerdict verdict = verdict_of(scenario({slow}));
    CHECK(verdict.verdict == Verdict::invalid);
    CHECK(mentions(verdict.reasons, "the intended 1k/s was missed"));
    slow.achieved_rate = 991;
    slow.pacing.*part = 9;
    CHECK(verdict_of(scenario({slow}, {"rate >= 1k/s"})).verdict == Verdict::pass);
  }
}

TEST_CASE("fewer messages than the mean rate are no fault where all that were due were sent") {
  RepetitionResult poisson = repetition(962, 1ms);
  poisson.offered_rate = poisson.achieved_rate = 962;
  CHECK(verdict_of(scenario({poisson})).verdict == Verdict::pass);
}

TEST_CASE("messages that were refused miss the rate") {
  RepetitionResult dropping = repetition(1000, 1ms);
  dropping.counts.received = 400;
  dropping.counts.refused = 600;
  CHECK(mentions(verdict_of(scenario({dropping})).reasons, "600 were refused"));
}

TEST_CASE("a rate budget shows the rate that was measured") {
  RepetitionResult almost = repetition(1000, 1ms);
  almost.achieved_rate = 998;
  const ScenarioVerdict verdict = verdict_of(scenario({almost}, {"rate >= 1k/s"}));
  CHECK(verdict.verdict == Verdict::pass);
  CHECK(*verdict.budgets[0].value == doctest::Approx(998));
  CHECK(*verdict.budgets[0].margin == doctest::Approx(0));
}

TEST_CASE("a loss in a disturbed repetition counts though another one was clean") {
  RepetitionResult disturbed = repetition(1000, 1ms);
  disturbed.disturbance = "the cores moved";
  disturbed.counts.lost = 5;
  const ScenarioVerdict verdict = verdict_of(scenario({disturbed, repetition(1000, 1ms)}));
  CHECK(verdict.verdict == Verdict::invalid);
  CHECK(mentions(verdict.reasons, "5 messages were lost"));
}

TEST_CASE("a duplicate is invalid on a transport that promises each message once") {
  RepetitionResult doubled = repetition(1000, 1ms);
  doubled.counts.duplicated = 1;
  CHECK(verdict_of(scenario({doubled})).verdict == Verdict::invalid);
}

TEST_CASE("loss is invalid on a lossless transport and a budget's matter on any other") {
  RepetitionResult lossy = repetition(1000, 1ms);
  lossy.counts.lost = 1;
  ScenarioResult result = scenario({lossy}, {"lost == 0"});
  CHECK(verdict_of(result).verdict == Verdict::invalid);
  result.lossless = false;
  CHECK(verdict_of(result).verdict == Verdict::fail);
}

TEST_CASE("shares are of all that was published, and all of it needs no slack") {
  const std::vector<std::string> budgets{"delivery >= 99%", "errors < 2%", "availability >= 60%"};
  RepetitionResult clean = repetition(1000, 1ms);
  CHECK(verdict_of(scenario({clean}, {"delivery >= 99%", "errors < 2%"})).verdict == Verdict::pass);
  RepetitionResult lossy = repetition(990, 1ms);
  lossy.counts = {.published = 1000, .received = 990, .dropped = 6, .refused = 4};
  lossy.achieved_rate = lossy.intended_rate;
  lossy.intervals.resize(4);
  for (const std::size_t i : {0U, 2U}) {
    Histogram one;
    one.record(1000);
    lossy.intervals[i].response = DecodedHistogram(one);
  }
  const ScenarioVerdict verdict = verdict_of(scenario({lossy}, budgets));
  CHECK(verdict.budgets[0].value == 0.99);
  CHECK(verdict.budgets[0].verdict == Verdict::pass);
  CHECK(verdict.budgets[1].value == 0.01);
  CHECK(verdict.budgets[1].verdict == Verdict::pass);
  CHECK(verdict.budgets[2].value == 0.5);
  CHECK(verdict.budgets[2].verdict == Verdict::fail);
}

TEST_CASE("payloads that were broken on purpose are no fault when exactly they were found") {
  RepetitionResult broken = repetition(1000, 1ms);
  const auto reasons = [&](std::uint64_t found, std::uint64_t lost) {
    broken.counts.corrupt = found;
    broken.counts.lost = lost;
    broken.fault.emplace().corrupt = CorruptPayloads{.planted = 100, .found = found};
    return verdict_of(scenario({broken})).reasons;
  };
  const std::string text = "payloads that were broken on purpose";
  CHECK(reasons(100, 0).empty());
  CHECK(mentions(reasons(99, 0), "of 100 " + text + " 99 were found corrupt"));
  CHECK(mentions(reasons(101, 0), text));
  CHECK_FALSE(mentions(reasons(98, 2), text));
  CHECK(mentions(reasons(97, 2), "of 100 " + text + " 97 were found corrupt, and 2 messages are"));
  broken.fault->corrupt.reset();
  CHECK(mentions(verdict_of(scenario({broken})).reasons, "97 messages arrived corrupt"));
}

TEST_CASE("overflow, corruption and clocks that disagree are invalid") {
  RepetitionResult overflow = repetition(1000, 1ms);
  overflow.response.record(61'000'000'000);
  CHECK(mentions(verdict_of(scenario({overflow})).reasons, "beyond the histogram"));
  RepetitionResult corrupt = repetition(1000, 1ms);
  corrupt.counts.corrupt = 2;
  CHECK(mentions(verdict_of(scenario({corrupt})).reasons, "2 messages arrived corrupt"));
  RepetitionResult backwards = repetition(1000, 1ms);
  backwards.clock_backwards = 1;
  backwards.worst_backwards = -5us;
  CHECK(mentions(verdict_of(scenario({backwards})).reasons, "clocks disagree"));
}

TEST_CASE("cores whose clocks provably differ are invalid, within the bound they are not") {
  RepetitionResult skewed = repetition(1000, 1ms);
  skewed.after.clock_offset_ns = -200;
  skewed.after.clock_bound_ns = 40;
  CHECK(mentions(verdict_of(scenario({skewed})).reasons, "differed by at least 160 ns"));
  skewed.after.clock_bound_ns = 180;
  CHECK(verdict_of(scenario({skewed})).verdict == Verdict::pass);
}

TEST_CASE("a run without a message is invalid and not a perfect score") {
  CHECK(verdict_of(scenario({repetition(0, 1ms)}, {"lost == 0"})).verdict == Verdict::invalid);
}

TEST_CASE("a connection that the server ended and messages of others make a run invalid") {
  NatsReport report;
  report.endpoints.resize(2);
  report.endpoints[0].role = "consumer 0";
  report.endpoints[1].role = "producer 0";
  CHECK(find_nats_faults(report).empty());
  report.endpoints[0].foreign = 3;
  report.endpoints[1].ended = true;
  report.endpoints[1].end = "closed the connection";
  const auto faults = find_nats_faults(report);
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].find("consumer 0 received 3 messages that are not of this run") == 0);
  CHECK(faults[1] == "nats-server and producer 0: it closed the connection");

  NatsReport client;
  NatsLibraryReport& library = client.library.emplace();
  library.library = "libnats 3.4.1";
  library.connections.resize(2);
  library.connections[0].reconnects = 1;
  CHECK(find_nats_faults(client).empty());
  library.connections[0].foreign = 2;
  library.connections[1] = {.role = "producer 0", .closed = true, .error = "Timeout"};
  const auto more = find_nats_faults(client);
  REQUIRE(more.size() == 2);
  CHECK(more[0].find("received 2 messages that are not of this run") != std::string::npos);
  CHECK(more[1] == "libnats 3.4.1 gave up the connection of producer 0: Timeout");
}

TEST_CASE("a socket that stays full is the reason where messages are missing") {
  NatsReport report;
  report.endpoints.resize(1);
  report.endpoints[0].role = "producer 0";
  report.endpoints[0].counters.full = 9;
  CHECK(find_nats_faults(report).empty());
  CHECK(find_nats_faults(report, false, true) ==
        std::vector<std::string>{
            "nats-server stopped reading from producer 0: 9 sends found its socket full"});
}

TEST_CASE("what a client library was told is a reason where messages are missing") {
  NatsReport report;
  NatsLibraryReport& library = report.library.emplace();
  library.library = "libnats 3.4.1";
  NatsLibraryConnection& connection = library.connections.emplace_back();
  connection.role = "consumer 0";
  connection.error = "Permissions Violation";
  CHECK(find_nats_faults(report).empty());
  CHECK(find_nats_faults(report, true, true).empty());
  CHECK(find_nats_faults(report, false, true) ==
        std::vector<std::string>{"libnats 3.4.1 was told of consumer 0: Permissions Violation"});
  connection.refusals = 7;
  CHECK(find_nats_faults(report, false, true) ==
        std::vector<std::string>{
            "libnats 3.4.1 refused 7 calls of consumer 0: Permissions Violation"});
  connection.slow_consumer_drops = 3;
  CHECK(find_nats_faults(report, false, true).empty());
}

TEST_CASE("a skipped scenario says why and is judged by nothing") {
  ScenarioResult result = scenario({});
  result.skipped = "nats-server is not installed";
  const ScenarioVerdict verdict = verdict_of(result);
  CHECK(verdict.verdict == Verdict::skip);
  CHECK(verdict.budgets.empty());
}

TEST_CASE("a disturbed repetition is set aside while an undisturbed one is there") {
  RepetitionResult disturbed = repetition(1000, 50ms);
  disturbed.disturbance = "the cores moved";
  const ScenarioResult result = scenario({disturbed, repetition(1000, 1ms)});
  CHECK(summarise(result).used == std::vector<std::uint32_t>{1});
  CHECK(verdict_of(result).verdict == Verdict::pass);
}

TEST_CASE("only disturbed repetitions are used all the same, and marked") {
  RepetitionResult disturbed = repetition(1000, 50ms);
  disturbed.disturbance = "the cores moved";
  const ScenarioSummary summary = summarise(scenario({disturbed}));
  CHECK(summary.only_disturbed);
  CHECK(summary.response.count == 1000);
}

TEST_CASE("a budget missed by disturbed repetitions alone is invalid, one that is met passes") {
  RepetitionResult disturbed = repetition(1000, 50ms);
  disturbed.disturbance = "other work ran on the cores";
  const ScenarioVerdict missed = verdict_of(scenario({disturbed}));
  CHECK(missed.verdict == Verdict::invalid);
  CHECK(missed.budgets[0].reason.find("other work") != std::string::npos);
  CHECK(verdict_of(scenario({disturbed}, {"p95 < 1s"})).verdict == Verdict::pass);
}

TEST_CASE("no budget of an invalid scenario passes or fails") {
  RepetitionResult slow = repetition(1000, 1ms);
  slow.pacing.unsent = 500;
  for (const BudgetVerdict& budget :
       verdict_of(scenario({slow}, {"p95 < 5ms", "lost == 0"})).budgets) {
    CHECK(budget.verdict == Verdict::invalid);
  }
}

TEST_CASE("percentiles ascend and none lies above the exact maximum") {
  RepetitionResult mixed = repetition(900, 1000003ns);
  mixed.response.record_n(5'000'001, 100);
  const ScenarioSummary summary = summarise(scenario({mixed}));
  Nanoseconds previous{};
  for (const PercentileEstimate& estimate : summary.response.percentiles) {
    CHECK(estimate.value >= previous);
    CHECK(estimate.value <= summary.response.max);
    previous = estimate.value;
  }
  CHECK(summary.response.max == 5'000'001ns);
}

TEST_CASE("under saturation a rate budget warns when it is met without slack") {
  RepetitionResult fast = repetition(1000, 1ms);
  fast.intended_rate = 0;
  fast.achieved_rate = fast.offered_rate = 105'000;
  ScenarioResult result = scenario({fast}, {"rate >= 100k/s"});
  result.scenario.load.rate.reset();
  CHECK(verdict_of(result).verdict == Verdict::warn);
}

TEST_CASE("a window of less than five periods has no rate, so no budget of one is met in it") {
  ScenarioResult result = scenario({repetition(1, 1ms, 0.1)}, {"rate >= 0.05/s", "lost == 0"});
  result.scenario.load.rate = MessageRate{0.1};
  result.scenario.duration = 50ms;
  const ScenarioVerdict verdict = judge(result, summarise(result));
  CHECK(verdict.budgets[0].verdict == Verdict::inconclusive);
  CHECK(verdict.budgets[0].reason ==
        "0.005 messages are due in a window of 50ms, and fewer than 5 make no rate; a longer "
        "duration has them");
  CHECK(verdict.budgets[1].verdict == Verdict::pass);
  result.scenario.duration = 50s;
  CHECK(judge(result, summarise(result)).budgets[0].verdict == Verdict::pass);
}

TEST_CASE("a missed rate says what the warm-up left over for the window") {
  RepetitionResult late = repetition(10, 1ms);
  late.pacing.unsent = 990;
  late.pacing.backlog = 500;
  const ScenarioResult result = scenario({late});
  const std::string reason = judge(result, summarise(result)).reasons.at(0);
  CHECK(reason.find("of 1000 messages 990 stayed unsent") != std::string::npos);
  CHECK(
      reason.ends_with("; the warm-up left over 500 messages, which were sent first and count in "
                       "the rates"));
}

}  // namespace
}  // namespace busmark

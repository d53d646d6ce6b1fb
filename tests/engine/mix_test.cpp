// SPDX-License-Identifier: Apache-2.0
#include "aspect/mix/mix.hpp"

#include <numeric>
#include <string>

#include <doctest/doctest.h>

#include "aspect/mix/result.hpp"
#include "aspect/stages/stages.hpp"
#include "engine/books/stage_books.hpp"
#include "engine/registry.hpp"
#include "engine/sender.hpp"
#include "plan/limits.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::can_drive;
using testing::conserved;
using testing::run;

/// Three classes of different payloads; the rarest keeps the consumer busy.
Scenario mixed(const std::string& transport = "queue/mpmc") {
  Scenario scenario = testing::short_scenario(transport);
  scenario.checksum = true;
  scenario.mix = {{.name = "price", .weight = 80, .payload = ByteCount{8}},
                  {.name = "deep", .weight = 15, .payload = ByteCount{3000}},
                  {.name = "dsl", .weight = 5, .payload = ByteCount{17}, .work = 20us}};
  return scenario;
}

template <typename Field>
std::uint64_t sum(const RepetitionResult& result, Field field) {
  return std::accumulate(result.classes.begin(), result.classes.end(), std::uint64_t{0},
                         [&](std::uint64_t so_far, const ClassResult& one) {
                           return so_far + std::invoke(field, one);
                         });
}

/// The classes make up the whole: every count, and the histogram bucket by bucket.
void check_sums(const RepetitionResult& result) {
  REQUIRE(result.classes.size() == 3);
  CHECK(conserved(result.counts));
  CHECK(sum(result, &ClassResult::published) == result.counts.published);
  CHECK(sum(result, &ClassResult::refused) == result.counts.refused);
  CHECK(sum(result, &ClassResult::received) == result.counts.received);
  CHECK(sum(result, &ClassResult::missing) == result.counts.lost + result.counts.dropped);
  Histogram merged;
  for (const ClassResult& one : result.classes) merged.merge(one.response);
  CHECK(merged.total() == result.response.total());
  std::vector<std::pair<std::size_t, std::uint64_t>> apart;
  std::vector<std::pair<std::size_t, std::uint64_t>> together;
  merged.for_each_bucket([&](std::size_t at, std::uint64_t n) { apart.emplace_back(at, n); });
  result.response.for_each_bucket(
      [&](std::size_t at, std::uint64_t n) { together.emplace_back(at, n); });
  CHECK(apart == together);
}

TEST_CASE("every message has one class, whatever the pattern, the arrivals and the batch") {
  for (const Pattern pattern : {Pattern::one_way, Pattern::fan_out, Pattern::request_reply,
                                Pattern::pipeline, Pattern::queue_group}) {
    for (const Arrivals arrivals : {Arrivals::constant, Arrivals::poisson}) {
      Scenario scenario = mixed("bus/mpmc");
      scenario.pattern = pattern;
      scenario.arrivals = arrivals;
      scenario.consumers = pattern == Pattern::one_way ? 1 : 2;
      scenario.producers = 2;
      scenario.batch = pattern == Pattern::fan_out ? 1 : 8;
      scenario.load.rate = MessageRate{20'000};
      CAPTURE(to_string(pattern));
      const RepetitionResult result = run(scenario);
      check_sums(result);
      CHECK(result.counts.received == result.counts.published);
      CHECK(result.counts.corrupt == 0);
      CHECK(result.stages.empty());
      CHECK(result.load_series.empty());
    }
  }
}

TEST_CASE("the books of a class are those of its sequence numbers") {
  Scenario scenario = mixed("queue/spsc");
  scenario.warmup = 0ms;
  const RepetitionResult result = run(scenario);
  const ClassPicker picker(scenario.mix, testing::make_plan(scenario).seed, false);
  std::vector<std::uint64_t> expected(3);
  for (std::uint64_t i = 0; i < result.counts.published; ++i) ++expected[picker.pick(0, i, 0)];
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(result.classes[i].published == expected[i]);
    CHECK(result.classes[i].received == expected[i]);
  }
}

TEST_CASE("a mix and stages are booked side by side") {
  Scenario scenario = mixed();
  scenario.stages = {parse_stage("1x for 4ms"), parse_stage("2x for 4ms")};
  const RepetitionResult result = run(scenario);
  check_sums(result);
  CHECK(result.stages.size() == 2);
  CHECK(result.stages[0].received + result.stages[1].received == result.counts.received);
}

TEST_CASE("a full queue refuses every class by its share, and the rest is conserved") {
  Scenario scenario = mixed();
  scenario.on_full = OnFull::drop;
  scenario.capacity = 4;
  scenario.batch = 4;
  scenario.load.rate = MessageRate{1'000'000};
  for (MessageClass& one : scenario.mix) one.work = 20us;
  const RepetitionResult result = run(scenario);
  check_sums(result);
  CHECK(result.counts.lost == 0);
  CHECK(result.counts.refused > 1000);
  const auto published = static_cast<double>(result.counts.published);
  const std::vector<double> shares = class_shares(scenario.mix);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto own = static_cast<double>(result.classes[i].published);
    CHECK(std::abs(own - shares[i] * published) <
          5 * std::sqrt(published * shares[i] * (1 - shares[i])));
  }
}

TEST_CASE("messages of a class go to its subjects alone, and all of them arrive") {
  for (const char* const transport : {"bus/mpmc", "nats/wire", "nats/client"}) {
    const TransportEntry* const entry = find_transport(transport);
    if (entry == nullptr || !can_drive(*entry, 64)) continue;
    Scenario scenario = mixed(transport);
    for (MessageClass& one : scenario.mix) one.payload = ByteCount{64};
    scenario.load.rate = MessageRate{20'000};
    scenario.subjects = "rest.{0..4}";
    scenario.mix[0].subjects = "price.{0..9}";
    scenario.mix[2].subjects = "dsl.x";
    CAPTURE(transport);
    REQUIRE_FALSE(check_transport_limits(scenario));
    const RepetitionResult result = run(scenario);
    check_sums(result);
    CHECK(result.counts.received == result.counts.published);
    CHECK(result.counts.corrupt == 0);
  }
  Scenario scenario = mixed();
  scenario.mix[0].subjects = "price.{0..9}";
  scenario.mix[2].subjects = "dsl.x";
  const StageGrid grid(scenario, testing::test_clock(), 1);
  const PayloadPatterns patterns(scenario, 1);
  const ClassPayloads payloads(patterns, grid);
  std::vector<std::uint64_t> met(12);
  for (Message message; message.sequence < 10'000; ++message.sequence) {
    payloads.address(message);
    const std::size_t one = grid.class_of(message);
    const std::uint32_t expected = one == 0   ? static_cast<std::uint32_t>(message.sequence % 10)
                                   : one == 1 ? 10U
                                              : 11U;
    CHECK(message.subject == expected);
    ++met[message.subject];
  }
  for (const std::uint64_t count : met) CHECK(count > 0);
}

TEST_CASE("transports that take subjects in turn refuse those of a class") {
  Scenario scenario = mixed("queue/mpmc");
  scenario.mix[0].subjects = "a";
  CHECK(check_transport_limits(scenario)->find("queue/mpmc has no subjects") == 0);
}

TEST_CASE("payloads of one size are one pattern, and messages go in runs of one size") {
  Scenario scenario = mixed();
  CHECK(PayloadPatterns(scenario, 1).sizes.size() == 3);
  for (MessageClass& one : scenario.mix) one.payload = ByteCount{64};
  CHECK(PayloadPatterns(scenario, 1).sizes.size() == 1);
  scenario.mix.clear();
  scenario.payload = ByteCount{5};
  REQUIRE(PayloadPatterns(scenario, 1).sizes.size() == 1);
  CHECK(PayloadPatterns(scenario, 1).sizes[0].size() == 5);
}

TEST_CASE("a consumer is busy for as long as the class says, an answer waits for it") {
  Scenario scenario = mixed("bus/mpmc");
  scenario.pattern = Pattern::request_reply;
  scenario.load.rate = MessageRate{1000};
  scenario.duration = 40ms;
  scenario.mix[2].weight = 40;
  scenario.mix[2].work = 300us;
  const RepetitionResult result = run(scenario);
  REQUIRE(result.classes[2].received > 0);
  CHECK(result.classes[2].response.min() >= 300'000);
}

TEST_CASE("a transport that carries one size of payload says so") {
  Scenario scenario = mixed("nats/wire");
  for (MessageClass& one : scenario.mix) one.payload = ByteCount{64};
  CHECK_FALSE(check_transport_limits(scenario));
  scenario.mix[0].payload = ByteCount{128};
  CHECK(check_transport_limits(scenario).value_or("") ==
        "nats/wire carries payloads of one size and the mix has 64 to 128 bytes; give all classes "
        "the same payload, or choose another transport");
  scenario.transport = "queue/spsc";
  CHECK_FALSE(check_transport_limits(scenario));
}

}  // namespace
}  // namespace busmark

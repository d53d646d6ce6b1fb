// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <doctest/doctest.h>

#include "aspect/fault/fault.hpp"
#include "engine/registry.hpp"
#include "engine/repetition.hpp"
#include "plan/limits.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using testing::run;

using namespace std::chrono_literals;

Scenario repeated(std::string_view operation) {
  Scenario scenario = testing::short_scenario(std::string(operation));
  scenario.load.rate.reset();
  return scenario;
}

TEST_CASE("every operation is repeated without a fault, each sample once in the books") {
  std::size_t operations = 0;
  for (const TransportEntry& entry : all_transport_entries()) {
    if (!entry.info.operation) continue;
    ++operations;
    CAPTURE(entry.info.name);
    for (const std::uint64_t payload : {0U, 16U, 1000U}) {
      CAPTURE(payload);
      Scenario scenario = repeated(entry.info.name);
      scenario.payload = ByteCount{payload};
      const RepetitionResult result = run(scenario);
      CHECK(result.counts.published > 0);
      CHECK(result.counts.received == result.counts.published);
      CHECK(result.response.total() == result.counts.received);
      CHECK(result.counts.corrupt == 0);
      CHECK(result.received_rate > 0);
      CHECK(result.elapsed >= scenario.duration);
    }
  }
  CHECK(operations >= 11);
}

TEST_CASE("sections of an operation cover its window, and hold its samples once") {
  Scenario scenario = repeated("op/build");
  scenario.duration = 40ms;
  const RepetitionResult result = run(scenario);
  REQUIRE_FALSE(result.sections.empty());
  CHECK(result.sections.size() <= 4);  // a busy machine may leave one empty
  std::uint64_t samples = 0;
  for (const SectionResult& section : result.sections) samples += section.response.total();
  CHECK(samples == result.response.total());
}

TEST_CASE("a batch of operations is one sample, and takes longer than one of them") {
  Scenario scenario = repeated("op/encode-json");
  const RepetitionResult one = run(scenario);
  scenario.batch = 64;
  const RepetitionResult many = run(scenario);
  CHECK(many.response.value_at({500'000}) > 8 * one.response.value_at({500'000}));
}

TEST_CASE("an operation ends at once when it is told to") {
  Scenario scenario = repeated("op/build");
  scenario.duration = 1h;
  const StopFlag stop{true};
  LiveProgress live(testing::test_clock());
  const RepetitionResult result =
      find_transport(scenario.transport)->run(testing::make_plan(scenario), stop, live);
  CHECK(result.interrupted);
}

TEST_CASE("an operation has no rate and nothing to break") {
  Scenario scenario = testing::short_scenario("op/build");
  CHECK(check_transport_limits(scenario) ==
        "op/build is repeated as fast as it goes; write load = \"max\"");
  scenario.load.rate.reset();
  CHECK_FALSE(check_transport_limits(scenario).has_value());
  scenario.fault = parse_fault("stall at 1ms for 1ms");
  CHECK(check_transport_limits(scenario) == "op/build has nothing to break; leave out fault");
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "aspect/payload/payload_cost.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "judge/store.hpp"
#include "record/run_result.hpp"
#include "support/results.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a straight line is found exactly and does not bend") {
  const auto cost = fit_payload_cost({{4096, 250}, {16, 46}, {1024, 96.4}, {256, 58}});
  REQUIRE(cost.has_value());
  CHECK(cost->fixed_ns == doctest::Approx(45.2).epsilon(0.01));
  CHECK(cost->ns_per_byte == doctest::Approx(0.05).epsilon(0.01));
  CHECK(cost->r_squared > 0.999);
  CHECK_FALSE(cost->bends_at.has_value());
  CHECK(cost->sizes == 4);
}

TEST_CASE("one disturbed size does not tilt the line") {
  const auto cost = fit_payload_cost(
      {{0, 100}, {100, 110}, {200, 120}, {300, 900}, {400, 140}, {500, 150}, {600, 160}});
  CHECK(cost->ns_per_byte == doctest::Approx(0.1));
  CHECK(cost->fixed_ns == doctest::Approx(100));
  CHECK(cost->bends_at == 300);
}

TEST_CASE("a line bends at the first size that costs a fifth more than those below it foretell") {
  const auto cost = fit_payload_cost({{0, 100}, {100, 110}, {200, 120}, {400, 165}, {800, 400}});
  CHECK_FALSE(fit_payload_cost({{0, 100}, {100, 110}, {200, 120}, {400, 165}})->bends_at);
  CHECK(cost->bends_at == 800);
}

TEST_CASE("fewer than three different sizes make no line") {
  CHECK_FALSE(fit_payload_cost({}).has_value());
  CHECK_FALSE(fit_payload_cost({{16, 1}, {16, 2}, {32, 3}}).has_value());
}

TEST_CASE("scenarios that differ in their payload alone make a group, and the invalid stay out") {
  RunResult result;
  for (const char* transport : {"a", "b"}) {
    for (const std::uint64_t bytes : {16U, 64U, 256U, 1024U}) {
      ScenarioResult one = testing::scenario(
          {testing::repetition(1000, Nanoseconds(static_cast<std::int64_t>(1000 + 2 * bytes)))});
      one.scenario.name = fmt::format("x/transport={}/payload={}B/load=1k", transport, bytes);
      one.scenario.payload = ByteCount{bytes};
      result.scenarios.push_back(std::move(one));
    }
  }
  for (std::size_t i = 4; i < 6; ++i) result.scenarios[i].faults.emplace_back("broken");
  const std::vector<PayloadCost> costs = payload_costs(store(judge(result)));
  REQUIRE(costs.size() == 1);
  CHECK(costs[0].name == "x/transport=a/load=1k");
  CHECK(costs[0].ns_per_byte == doctest::Approx(2).epsilon(0.01));
  CHECK(costs[0].fixed_ns == doctest::Approx(1000).epsilon(0.01));
}

}  // namespace
}  // namespace busmark

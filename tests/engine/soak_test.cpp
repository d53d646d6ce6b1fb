// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "engine/registry.hpp"
#include "engine/repetition.hpp"
#include "plan/limits.hpp"
#include "plan/memory_estimate.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::can_drive;
using testing::conserved;

/// A repetition as `busmark soak` runs it, and what who watches saw of it.
struct Soaked {
  RepetitionResult result;
  std::vector<IntervalResult> seen;
};

Soaked soak(Scenario scenario) {
  scenario.soak = true;
  scenario.interval = 2ms;
  const StopFlag stop{false};
  LiveProgress live(testing::test_clock());
  Soaked soaked;
  live.on_interval([&](const IntervalResult& interval) { soaked.seen.push_back(interval); });
  soaked.result = find_transport(scenario.transport)->run(testing::make_plan(scenario), stop, live);
  return soaked;
}

void check_books(const Soaked& soaked) {
  const RepetitionResult& result = soaked.result;
  CHECK(conserved(result.counts));
  CHECK(result.counts.received == result.counts.published);
  CHECK(result.counts.duplicated == 0);
  CHECK(result.counts.corrupt == 0);
  CHECK(result.too_late == 0);
  CHECK(result.warmup_lost == 0);
  CHECK(result.response.total() == result.counts.received);
}

TEST_CASE("a soak keeps its books as every repetition does, on every transport and pattern") {
  for (const TransportEntry& entry : all_transport_entries()) {
    for (const Pattern pattern : {Pattern::one_way, Pattern::queue_group, Pattern::fan_out,
                                  Pattern::request_reply, Pattern::pipeline}) {
      Scenario scenario = testing::short_scenario(std::string(entry.info.name));
      scenario.pattern = pattern;
      scenario.payload = ByteCount{16};
      if (pattern != Pattern::one_way) scenario.consumers = 2;
      if (!can_drive(entry) || check_transport_limits(scenario)) continue;
      CAPTURE(scenario.transport);
      CAPTURE(to_string(pattern));
      const Soaked soaked = soak(scenario);
      CHECK(soaked.result.counts.published > 0);
      check_books(soaked);
    }
  }
}

TEST_CASE("a soak under saturation sends as long as it is told, with room for every number") {
  Scenario scenario = testing::short_scenario();
  scenario.load.rate.reset();
  const Soaked soaked = soak(scenario);
  check_books(soaked);
  CHECK_FALSE(soaked.result.ended_early);
  scenario.soak = true;
  scenario.duration = 24h;
  CHECK(sequence_limits(scenario).front() > 8'000'000'000'000);
}

TEST_CASE("a soak keeps no interval, and who watches sees every message once") {
  const Soaked soaked = soak(testing::short_scenario());
  CHECK(soaked.result.intervals.empty());
  CHECK(soaked.result.sections.empty());
  REQUIRE(soaked.seen.size() >= 2);
  std::uint64_t samples = 0;
  for (std::size_t i = 0; i < soaked.seen.size(); ++i) {
    samples += soaked.seen[i].response.total();
    CHECK(soaked.seen[i].last == (i + 1 == soaked.seen.size()));
  }
  CHECK(samples == soaked.result.counts.received);
}

TEST_CASE("the memory that a soak needs does not grow with its duration") {
  Scenario scenario;
  scenario.soak = true;
  scenario.load.rate = MessageRate{1e6};
  scenario.duration = 1min;
  const std::uint64_t once = estimate_memory(scenario).bytes;
  scenario.duration = 24h;
  CHECK(estimate_memory(scenario).bytes == once);
  CHECK_FALSE(check_memory(scenario, ByteCount{64ULL << 20}).has_value());
  scenario.soak = false;
  CHECK(estimate_memory(scenario).bytes > 100 * once);
}

}  // namespace
}  // namespace busmark

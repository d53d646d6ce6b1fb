// SPDX-License-Identifier: Apache-2.0
#include "aspect/process/direct_call.hpp"

#include <doctest/doctest.h>

#include "engine/registry.hpp"
#include "plan/limits.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

Scenario working(Nanoseconds work) {
  Scenario scenario = testing::short_scenario("queue/spsc");
  scenario.work = work;
  scenario.wait = WaitStrategy::park;
  scenario.budget = {parse_budget("cpu_overhead < 5%")};
  return scenario;
}

TEST_CASE("a direct call costs processor time, of a pipeline that of all stages") {
  CHECK(direct_call_time(working(1us)) == 20ms);
  Scenario scenario = working(50us);
  const double once = direct_call_ns(testing::make_plan(scenario));
  CHECK(once > 0);
  scenario.pattern = Pattern::pipeline;
  scenario.consumers = 4;
  // Of work that lasts as long on every core; others may take the core from it meanwhile.
  CHECK(direct_call_ns(testing::make_plan(scenario)) > 0);
}

TEST_CASE("processor time of a message has everything that worked for it") {
  RepetitionResult result;
  result.producers.user = 300ns;
  result.consumers.system = 200ns;
  compare_with_direct_call(result, 7);
  CHECK_FALSE(result.cpu);  // no message
  result.all_received = 10;
  compare_with_direct_call(result, 7);
  CHECK(result.cpu == CpuPerMessage{.transport_ns = 50, .direct_ns = 7});
  result.nats.emplace();
  result.cpu.reset();
  compare_with_direct_call(result, 7);
  CHECK_FALSE(result.cpu);  // a server that does not tell
  result.nats->load.emplace().processor_time = 400ns;
  result.nats->library.emplace().threads.emplace_back().processor_time = 100ns;
  compare_with_direct_call(result, 7);
  CHECK(result.cpu->transport_ns == 100);
}

TEST_CASE("a comparison with a direct call that would say nothing is refused") {
  const auto why = [](const Scenario& scenario) {
    return check_transport_limits(scenario).value_or("nothing");
  };
  CHECK(why(working(1us)) == "nothing");
  CHECK(why(working(0ns)).find("write work") != std::string::npos);
  Scenario scenario = working(1us);
  scenario.wait = WaitStrategy::spin;
  CHECK(why(scenario).find("cpu_overhead says nothing of threads that spin") == 0);
  scenario.load.rate.reset();
  CHECK(why(scenario) == "nothing");
  scenario.transport = "op/direct";
  CHECK(why(scenario).find("op/direct is no transport") == 0);
  scenario = working(1us);
  scenario.mix = {{.name = "a"}};
  CHECK(why(scenario).find("leave out mix") != std::string::npos);
}

}  // namespace
}  // namespace busmark

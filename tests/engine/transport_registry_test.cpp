// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "engine/registry.hpp"
#include "plan/limits.hpp"
#include "record/scenario.hpp"

namespace busmark {
namespace {

TEST_CASE("every transport is found by its name, which nobody else has") {
  const std::vector<std::string> names = transport_names();
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  CHECK(names.size() == all_transport_entries().size());
  for (const std::string& name : names) {
    const TransportEntry* entry = find_transport(name);
    REQUIRE(entry != nullptr);
    CHECK(entry->info.name == name);
    CHECK_FALSE(entry->info.summary.empty());
    const bool runs = entry->run != nullptr;
    CHECK(runs);
  }
  for (const std::string name : {"queue/spsc", "queue/mpmc", "queue/moodycamel", "queue/mutex",
                                 "bus/spsc", "bus/mpmc", "bus/moodycamel", "synthetic"}) {
    CHECK(std::count(names.begin(), names.end(), name) == 1);
  }
}

TEST_CASE("no other name is found, not even a part of one") {
  for (const char* name : {"", "spsc", "queue/", "queue/spsc ", "QUEUE/SPSC"}) {
    CHECK(find_transport(name) == nullptr);
  }
}

TEST_CASE("too many threads for a transport are refused in one sentence with the cure") {
  Scenario scenario;
  scenario.transport = "queue/spsc";
  CHECK_FALSE(check_transport_limits(scenario).has_value());
  scenario.producers = 2;
  CHECK(
      check_transport_limits(scenario).value() ==
      "queue/spsc serves at most 1 producer and the scenario has 2; write producers = 1 or choose "
      "another transport (see `busmark list`)");
  scenario.producers = 1;
  scenario.consumers = 3;
  CHECK(
      check_transport_limits(scenario).value() ==
      "queue/spsc serves at most 1 consumer and the scenario has 3; write consumers = 1 or choose "
      "another transport (see `busmark list`)");
}

TEST_CASE("a transport without limits takes any number; an unknown one is for others to report") {
  Scenario scenario;
  scenario.producers = 60;
  scenario.consumers = 60;
  scenario.transport = "queue/mpmc";
  CHECK_FALSE(check_transport_limits(scenario).has_value());
  scenario.transport = "queue/none";
  CHECK_FALSE(check_transport_limits(scenario).has_value());
}

TEST_CASE("a pattern or key that a transport does not serve is refused with those that do") {
  Scenario scenario;
  scenario.transport = "queue/mpmc";
  scenario.pattern = Pattern::fan_out;
  CHECK(check_transport_limits(scenario)->starts_with(
      "queue/mpmc does not serve pattern = \"fan-out\"; choose bus/spsc, bus/mpmc"));
  scenario.transport = "bus/mpmc";
  CHECK_FALSE(check_transport_limits(scenario).has_value());

  scenario.pattern = Pattern::one_way;
  scenario.consumers = 2;
  CHECK(
      check_transport_limits(scenario).value() ==
      "pattern = \"one-way\" has one consumer on bus/mpmc and the scenario has 2; write pattern = "
      "\"queue-group\" to share the messages or \"fan-out\" to give each consumer all of them");
  scenario.transport = "queue/mpmc";
  CHECK_FALSE(check_transport_limits(scenario).has_value());
  scenario.pattern = Pattern::fan_in;
  CHECK(check_transport_limits(scenario)->starts_with("pattern = \"fan-in\" has one consumer and"));

  scenario = Scenario();
  scenario.subjects = "a.{0..9}";
  CHECK(check_transport_limits(scenario)->starts_with("queue/spsc has no subjects; leave out"));
  scenario.transport = "bus/spsc";
  CHECK_FALSE(check_transport_limits(scenario).has_value());
  scenario.on_full = OnFull::drop_old;
  CHECK(check_transport_limits(scenario).value() ==
        "bus/spsc cannot drop old messages; write on_full = \"drop\" or \"block\"");
}

}  // namespace
}  // namespace busmark

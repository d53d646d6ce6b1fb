// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "engine/registry.hpp"
#include "verb/tune/knobs.hpp"

namespace busmark {
namespace {

using Texts = std::vector<std::string>;

TuneMachine machine(int cpus = 4) {
  TuneMachine made;
  for (int i = 0; i < cpus; ++i) {
    made.topology.cpus.push_back(
        {.id = CpuId{i}, .core = i, .package = 0, .cache = i / 2, .node = 0});
    made.topology.present.push_back(CpuId{i});
    made.topology.online.push_back(CpuId{i});
  }
  return made;
}

Texts tried(TuneKnob knob, const Scenario& scenario, const RunOptions& run = {},
            const TuneMachine& on = machine()) {
  Texts texts;
  for (const TuneCandidate& one : tune_candidates(knob, scenario, run, on)) {
    if (one.obstacle.empty()) texts.push_back(short_text(one.tried));
  }
  return texts;
}

Scenario bad_start() {
  Scenario scenario;
  scenario.name = "one";
  scenario.transport = "queue/mutex";
  scenario.wait = WaitStrategy::yield;
  return scenario;
}

TEST_CASE("every other way to wait is tried") {
  CHECK(tried(TuneKnob::wait, bad_start()) == Texts{"wait=spin", "wait=park"});
}

TEST_CASE("only transports of the same kind stand for each other, and only where they serve") {
  CHECK(tried(TuneKnob::transport, bad_start()) ==
        Texts{"transport=queue/spsc", "transport=queue/mpmc", "transport=queue/moodycamel"});
  Scenario many = bad_start();
  many.producers = 2;
  many.pattern = Pattern::fan_in;
  CHECK(tried(TuneKnob::transport, many) ==
        Texts{"transport=queue/mpmc", "transport=queue/moodycamel"});
  const auto all = tune_candidates(TuneKnob::transport, many, {}, machine());
  const auto spsc = std::find_if(all.begin(), all.end(), [](const TuneCandidate& one) {
    return one.tried.front().value == "queue/spsc";
  });
  REQUIRE(spsc != all.end());
  CHECK(spsc->obstacle.find("producer") != std::string::npos);
  Scenario bus = bad_start();
  bus.transport = "bus/spsc";
  CHECK(tried(TuneKnob::transport, bus) == Texts{"transport=bus/mpmc", "transport=bus/moodycamel"});
  bus.transport = "synthetic";
  CHECK(tried(TuneKnob::transport, bus).empty());
}

TEST_CASE("transport and wait are tried together too, with the first transport that serves") {
  CHECK(tried(TuneKnob::transport_and_wait, bad_start()) ==
        Texts{"transport=queue/spsc,wait=spin", "transport=queue/spsc,wait=park"});
  Scenario many = bad_start();
  many.producers = 2;
  many.pattern = Pattern::fan_in;
  CHECK(tried(TuneKnob::transport_and_wait, many).front() == "transport=queue/mpmc,wait=spin");
}

TEST_CASE("settings replace those of their key and keep the order of the others") {
  std::vector<TuneSetting> settings{{"scenario.wait", "spin"}, {"scenario.batch", "8"}};
  put_settings(settings, {{"scenario.wait", "park"}, {"run.cores", "[1,0]"}});
  CHECK(short_text(settings) == "wait=park,batch=8,run.cores=[1,0]");
}

TEST_CASE("batch and capacity never ask for what the config would refuse") {
  Scenario scenario = bad_start();
  CHECK(tried(TuneKnob::batch, scenario) == Texts{"batch=8", "batch=64"});
  CHECK(tried(TuneKnob::capacity, scenario) == Texts{"capacity=1024", "capacity=16384"});
  scenario.capacity = 16;
  CHECK(tried(TuneKnob::batch, scenario) == Texts{"batch=8"});
  scenario.batch = 8;
  CHECK(tried(TuneKnob::capacity, scenario) == Texts{"capacity=64"});
  CHECK(tried(TuneKnob::batch, scenario) == Texts{"batch=1"});
  scenario.capacity = 1 << 26;
  CHECK(tried(TuneKnob::capacity, scenario) == Texts{"capacity=16777216"});
}

TEST_CASE("real-time priority is not tried where the kernel would stop or refuse the thread") {
  TuneMachine on = machine();
  on.realtime_trap = "the kernel would stop it";
  CHECK(tried(TuneKnob::realtime, bad_start(), {}, on).empty());
  Scenario sleeps = bad_start();
  sleeps.wait = WaitStrategy::park;
  CHECK(tried(TuneKnob::realtime, sleeps, {}, on) == Texts{"run.realtime=true"});
  on.no_realtime = "not permitted";
  CHECK(tried(TuneKnob::realtime, sleeps, {}, on).empty());
  RunOptions already;
  already.realtime = true;
  CHECK(tried(TuneKnob::realtime, sleeps, already, on) == Texts{"run.realtime=false"});
}

TEST_CASE("huge pages are tried where the system gives none, and to be without where it does") {
  TuneMachine on = machine();
  RunOptions run;
  CHECK(tried(TuneKnob::huge_pages, bad_start(), run, on) == Texts{"run.huge_pages=on"});
  run.huge_pages = HugePages::on;
  CHECK(tried(TuneKnob::huge_pages, bad_start(), run, on) == Texts{"run.huge_pages=system"});
  run.huge_pages = HugePages::off;
  CHECK(tried(TuneKnob::huge_pages, bad_start(), run, on) == Texts{"run.huge_pages=on"});
  on.no_huge_pages = "the kernel refused";
  CHECK(tried(TuneKnob::huge_pages, bad_start(), run, on).empty());
  on.huge_pages_always = true;
  run.huge_pages = HugePages::system;
  CHECK(tried(TuneKnob::huge_pages, bad_start(), run, on) == Texts{"run.huge_pages=off"});
  Scenario scenario = bad_start();
  apply({{"run.huge_pages", "off"}}, scenario, run);
  CHECK(run.huge_pages == HugePages::off);
}

TEST_CASE("placements are the other way round and one for each distance, each once") {
  RunOptions run;
  run.cores.cores = {CpuId{2}, CpuId{3}};
  const Texts texts = tried(TuneKnob::cores, bad_start(), run);
  REQUIRE(texts.size() >= 2);
  CHECK(texts.front() == "run.cores=[3,2]");
  CHECK(std::count(texts.begin(), texts.end(), "run.cores=[2,3]") == 0);
  for (const std::string& one : texts) CHECK(std::count(texts.begin(), texts.end(), one) == 1);
  RunOptions two;
  CHECK(tried(TuneKnob::cores, bad_start(), two, machine(2)).size() == 1);
}

TEST_CASE("what is applied is what the next candidates begin from") {
  Scenario scenario = bad_start();
  RunOptions run;
  for (const TuneKnob knob : kTuneKnobs) {
    for (const TuneCandidate& one : tune_candidates(knob, scenario, run, machine())) {
      if (!one.obstacle.empty()) continue;
      CAPTURE(short_text(one.tried));
      Scenario changed = scenario;
      RunOptions changed_run = run;
      apply(one.tried, changed, changed_run);
      const auto next = tune_candidates(knob, changed, changed_run, machine());
      REQUIRE(!next.empty());
      CHECK(short_text(next.front().now) == short_text(one.tried));
    }
  }
  CHECK(TuneSetting{"run.cores", "[1,0]"}.short_text() == "run.cores=[1,0]");
}

TEST_CASE("faults, stages and operations are nothing to tune") {
  CHECK(why_not_tunable(bad_start()).empty());
  Scenario scenario = bad_start();
  scenario.fault.emplace();
  CHECK(!why_not_tunable(scenario).empty());
  scenario = bad_start();
  scenario.stages.emplace_back();
  CHECK(!why_not_tunable(scenario).empty());
  scenario = bad_start();
  scenario.transport = "op/slot";
  REQUIRE(find_transport(scenario.transport) != nullptr);
  CHECK(!why_not_tunable(scenario).empty());
}

}  // namespace
}  // namespace busmark

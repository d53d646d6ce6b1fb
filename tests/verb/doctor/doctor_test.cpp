// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/recorded_tree.hpp"
#include "verb/doctor/judge.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

/// Two cores under one cache, as if measured for a second without any disturbance.
Examination quiet_machine() {
  Examination machine;
  machine.cores = {CpuId{2}, CpuId{3}};
  for (const int id : {0, 1, 2, 3}) {
    Cpu cpu;
    cpu.id = CpuId{id};
    cpu.core = id;
    cpu.cache = 0;
    cpu.node = 0;
    machine.topology.cpus.push_back(cpu);
    machine.topology.online.push_back(cpu.id);
  }
  machine.between = 1s;
  Measurements measured;
  Witness pair;
  pair.from = CpuId{2};
  pair.to = CpuId{3};
  pair.one_way_ns = 40;
  pair.clock_offset_ns = 10;
  pair.clock_bound_ns = 35;
  measured.before = {pair};
  measured.after = {pair};
  for (const CpuId cpu : machine.cores) {
    SpinProbe probe;
    probe.cpu = cpu;
    probe.wall = 1s;
    probe.first_ghz = 3.6;
    probe.last_ghz = 3.6;
    probe.usage.user = 1s;
    probe.usage.wall = 1s;
    measured.cores.push_back(probe);
  }
  machine.measured = measured;
  return machine;
}

Finding found(const Examination& machine, const std::string& id) {
  for (const Finding& finding : diagnose(machine, {}).findings) {
    if (finding.id == id) return finding;
  }
  FAIL("no check " << id);
  return {};
}

BudgetFitness fitness(const Examination& machine, const char* budget) {
  const std::vector<Budget> budgets{parse_budget(budget)};
  return diagnose(machine, budgets).budgets.at(0);
}

TEST_CASE("every check has an id of its own, a group, a wish and a reason") {
  const Diagnosis diagnosis = diagnose(Examination{}, {});
  std::set<std::string> ids;
  for (const Finding& finding : diagnosis.findings) {
    CAPTURE(finding.id);
    CHECK(ids.insert(finding.id).second);
    CHECK_FALSE(finding.wanted.empty());
    CHECK(finding.why.ends_with("."));
    CHECK(finding.severity != FindingLevel::ok);
    CHECK(finding.severity != FindingLevel::unknown);
  }
  CHECK(ids.size() == 62);
  CHECK(doctor_groups().size() == 10);
}

TEST_CASE("cores that are a cache line's trip apart and stay there are as claimed") {
  Examination machine = quiet_machine();
  CHECK(found(machine, "measured-distance").level == FindingLevel::ok);
  CHECK(found(machine, "tsc-offset").level == FindingLevel::ok);
  machine.measured->after.front().one_way_ns = 105;
  CHECK(found(machine, "measured-distance").level == FindingLevel::fail);
  machine.measured->before.front().one_way_ns = 130;
  machine.measured->after.front().one_way_ns = 130;
  CHECK(found(machine, "measured-distance").level == FindingLevel::fail);
  // Without a common cache nothing was promised.
  machine.topology.cpus[3].cache = 3;
  CHECK(found(machine, "measured-distance").level == FindingLevel::ok);
}

TEST_CASE("clocks that provably differ fail, clocks that may be equal do not") {
  Examination machine = quiet_machine();
  machine.measured->after.front().clock_offset_ns = -400;
  CHECK(found(machine, "tsc-offset").level == FindingLevel::fail);
  CHECK(found(machine, "tsc-offset").found == "-400 ns from cpu 2 to 3, certain to 35 ns");
  machine.measured->after.front().clock_bound_ns = 390;
  CHECK(found(machine, "tsc-offset").level == FindingLevel::ok);
}

TEST_CASE("a frequency that drifts or differs is a warning") {
  Examination machine = quiet_machine();
  CHECK(found(machine, "effective-frequency").found == "3.60-3.60 GHz, 0.0 % drift while spinning");
  machine.measured->cores[0].last_ghz = 3.5;
  CHECK(found(machine, "effective-frequency").level == FindingLevel::warn);
  machine.measured->cores[0].first_ghz = 3.5;
  CHECK(found(machine, "effective-frequency").level == FindingLevel::warn);
  machine.measured->cores[1] = machine.measured->cores[0];
  CHECK(found(machine, "effective-frequency").level == FindingLevel::ok);
}

TEST_CASE("a thread that lost its core now and then warns, one that lost much of it fails") {
  Examination machine = quiet_machine();
  CHECK(found(machine, "involuntary-switches").level == FindingLevel::ok);
  machine.measured->cores[1].usage.involuntary_switches = 3;
  CHECK(found(machine, "involuntary-switches").level == FindingLevel::warn);
  machine.measured->cores[1].usage.user = 900ms;
  CHECK(found(machine, "involuntary-switches").level == FindingLevel::fail);
  machine.measured->cores[1].usage.minor_faults = 1;
  CHECK(found(machine, "page-faults").level == FindingLevel::warn);
  machine.measured->cores[1].usage.major_faults = 1;
  CHECK(found(machine, "page-faults").level == FindingLevel::fail);
}

TEST_CASE("the tick of a busy core is counted") {
  Examination machine = quiet_machine();
  const std::string before =
      "      CPU0 CPU1 CPU2 CPU3\nLOC: 10 10 100 100 Local timer interrupts\n";
  const std::string after =
      "      CPU0 CPU1 CPU2 CPU3\nLOC: 90 90 101 102 Local timer interrupts\n";
  machine.first.put("proc/interrupts", before);
  machine.later = machine.first;
  machine.later->put("proc/interrupts", after);
  CHECK(found(machine, "tick").level == FindingLevel::ok);
  CHECK(found(machine, "tick").found == "2/s on the busiest core");
  machine.cores = {CpuId{0}, CpuId{2}};
  CHECK(found(machine, "tick").level == FindingLevel::warn);
  CHECK(found(machine, "tick").found == "80/s on the busiest core");
}

TEST_CASE("a budget is held against the time that a spinning thread lost") {
  Examination machine = quiet_machine();
  CHECK(fitness(machine, "p95 < 50us").fit);
  // 100 gaps of 1 ms: 95 ms of the second delay by over 50 us, 10 % by over nothing.
  machine.measured->cores[1].gaps.assign(100, 1ms);
  const BudgetFitness missed = fitness(machine, "p95 < 50us");
  CHECK_FALSE(missed.fit);
  CHECK(missed.reason == "a message finds cpu 3 away for longer in 9.5 % of the cases, 5 % may");
  CHECK(fitness(machine, "p90 < 50us").fit);
  CHECK(fitness(machine, "p95 < 1ms").fit);
  CHECK(fitness(machine, "max < 2ms").fit);
  CHECK_FALSE(fitness(machine, "max < 900us").fit);
  // 10 % of the messages wait 0.5 ms on average.
  CHECK(fitness(machine, "mean < 60us").fit);
  CHECK_FALSE(fitness(machine, "mean < 40us").fit);
}

TEST_CASE("budgets that limit no latency are none of the machine's business") {
  const std::vector<Budget> budgets{parse_budget("lost == 0"), parse_budget("p95 < 5ms")};
  CHECK(diagnose(quiet_machine(), budgets).budgets.size() == 1);
}

TEST_CASE("the real-time budget is a trap only for those who ask for it") {
  Examination machine = quiet_machine();
  machine.first.put("proc/sys/kernel/sched_rt_runtime_us", "950000");
  machine.first.put("proc/sys/kernel/sched_rt_period_us", "1000000");
  CHECK(found(machine, "realtime-budget").level == FindingLevel::note);
  machine.realtime = true;
  const Finding finding = found(machine, "realtime-budget");
  CHECK(finding.level == FindingLevel::fail);
  CHECK(finding.fix.front() == "sysctl -w kernel.sched_rt_runtime_us=-1");
  CHECK(finding.undo.front() == "sysctl -w kernel.sched_rt_runtime_us=950000");
  REQUIRE(finding.delay);
  CHECK(finding.delay->size == 50ms);
  CHECK(finding.delay->share == doctest::Approx(0.05));
  CHECK_FALSE(fitness(machine, "p99 < 1ms").fit);
  machine.first.put("proc/sys/kernel/sched_rt_runtime_us", "-1");
  CHECK(found(machine, "realtime-budget").level == FindingLevel::ok);
}

TEST_CASE("the wake-up request is four bytes of microseconds") {
  Examination machine = quiet_machine();
  machine.first.put("dev/cpu_dma_latency", std::string("\0\0\0\0", 4));
  CHECK(found(machine, "wake-up-request").level == FindingLevel::ok);
  machine.first.put("dev/cpu_dma_latency", std::string("\x00\x94\x35\x77", 4));
  CHECK(found(machine, "wake-up-request").found == "no request is held");
  CHECK(found(machine, "wake-up-request").level == FindingLevel::note);
  machine.sleeps = true;
  CHECK(found(machine, "wake-up-request").level == FindingLevel::warn);
  machine.first.put("dev/cpu_dma_latency", "0x0");
  CHECK(found(machine, "wake-up-request").level == FindingLevel::unknown);
}

TEST_CASE("capabilities stand in for limits") {
  Examination machine = quiet_machine();
  machine.first.put("proc/self/limits",
                    "Max locked memory  8388608  8388608  bytes\nMax realtime priority  0  0\n");
  machine.first.put("proc/self/status", "CapEff:\t0000000000000000\n");
  CHECK(found(machine, "privileges").level == FindingLevel::warn);
  machine.first.put("proc/self/status", "CapEff:\t0000000000804000\n");
  CHECK(found(machine, "privileges").level == FindingLevel::ok);
  CHECK(found(machine, "privileges").found ==
        "memlock 8388608 (cap_ipc_lock), rtprio 0 (cap_sys_nice)");
}

TEST_CASE("thermal events count while measured, older ones do not") {
  Examination machine = quiet_machine();
  const std::string path = "sys/devices/system/cpu/cpu2/thermal_throttle/core_throttle_count";
  machine.first.put(path, "152");
  machine.later = machine.first;
  CHECK(found(machine, "thermal-throttle").level == FindingLevel::ok);
  machine.later->put(path, "153");
  CHECK(found(machine, "thermal-throttle").level == FindingLevel::fail);
}

TEST_CASE("what is not measured is unknown with the reason") {
  Examination machine = quiet_machine();
  machine.measured.reset();
  machine.not_measured = "a recorded tree cannot be measured";
  for (const char* id : {"tsc-offset", "timer-step", "effective-frequency", "measured-distance",
                         "core-floor", "involuntary-switches", "page-faults", "memory-latency"}) {
    CAPTURE(id);
    CHECK(found(machine, id).level == FindingLevel::unknown);
    CHECK(found(machine, id).reason == "a recorded tree cannot be measured");
  }
  CHECK(fitness(machine, "p95 < 50us").fit);
}

TEST_CASE("the score weighs failures more than warnings, and unknowns not at all") {
  Diagnosis nothing = diagnose(Examination{}, {});
  Examination machine = quiet_machine();
  const auto all_well = diagnose(machine, {}).score;
  REQUIRE(all_well);
  machine.measured->cores[1].usage.involuntary_switches = 1;
  const auto warned = diagnose(machine, {}).score;
  machine.measured->cores[1].usage.user = 1ms;
  const auto failed = diagnose(machine, {}).score;
  CHECK(*warned < *all_well);
  CHECK(*failed < *warned);
  machine.measured.reset();
  CHECK(nothing.count(FindingLevel::fail) == 0);
}

TEST_CASE("every file that a check looks at is read") {
  const testing::RecordedTree tree("doctor/tuned_server");
  const Examination machine = examine({.root = tree.root()});
  for (const Finding& finding : diagnose(machine, {}).findings) {
    if (!finding.reason.starts_with("/")) continue;
    CAPTURE(finding.reason);
    const std::string path = finding.reason.substr(1, finding.reason.find(": ") - 1);
    CHECK(machine.first.asked(path));
  }
}

}  // namespace
}  // namespace busmark

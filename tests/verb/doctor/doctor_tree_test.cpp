// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "support/golden.hpp"
#include "support/recorded_tree.hpp"
#include "verb/doctor/judge.hpp"

namespace busmark {
namespace {

using testing::RecordedTree;

struct Seen {
  Examination machine;
  Diagnosis diagnosis;

  [[nodiscard]] const Finding& of(const std::string& id) const {
    for (const Finding& finding : diagnosis.findings) {
      if (finding.id == id) return finding;
    }
    FAIL("no check " << id);
    return diagnosis.findings.front();
  }
  [[nodiscard]] FindingLevel level(const std::string& id) const { return of(id).level; }
};

Seen look(const std::filesystem::path& root, std::vector<CpuId> cores = {}, bool sleeps = false,
          const char* budget = "p95 < 50us") {
  ExaminationOptions options;
  options.root = root;
  options.cores = std::move(cores);
  options.sleeps = sleeps;
  Seen seen{examine(options), {}};
  // How these tests are built is no fact about the machine.
  seen.machine.build = BuildInfo{};
  seen.machine.build.compiler = "g++";
  seen.machine.build.optimised = true;
  const std::vector<Budget> budgets{parse_budget(budget)};
  seen.diagnosis = diagnose(seen.machine, budgets);
  return seen;
}

std::string listed(const Seen& seen) {
  std::string text = fmt::format("cpus {}\n", format_cpu_list(seen.machine.cores));
  for (const Finding& finding : seen.diagnosis.findings) {
    text += fmt::format("{:<8}{}: {}\n", to_string(finding.level), finding.id,
                        finding.level == FindingLevel::unknown ? finding.reason : finding.found);
  }
  return text + fmt::format("score {}\n", seen.diagnosis.score.value_or(-1));
}

constexpr auto kOk = FindingLevel::ok;
constexpr auto kNote = FindingLevel::note;
constexpr auto kUnknown = FindingLevel::unknown;
constexpr auto kWarn = FindingLevel::warn;
constexpr auto kFail = FindingLevel::fail;

TEST_CASE("every recorded machine gets the verdicts that were reviewed") {
  for (const char* name : {"tuned_server", "laptop_powersave", "desktop_smt", "two_nodes",
                           "isolated_only", "container_quota", "cloud_guest", "arm_server"}) {
    CAPTURE(name);
    const RecordedTree tree(fmt::format("doctor/{}", name));
    const std::string seen = listed(look(tree.root()));
    CHECK(seen == testing::golden(fmt::format("doctor/{}.expected", name), seen));
  }
}

TEST_CASE("a tuned server has nothing to improve") {
  const RecordedTree tree("doctor/tuned_server");
  const Seen seen = look(tree.root(), {CpuId{2}, CpuId{3}});
  CHECK(seen.diagnosis.count(kFail) == 0);
  CHECK(seen.diagnosis.count(kWarn) == 0);
  CHECK(seen.diagnosis.score == 100);
  CHECK(seen.diagnosis.fit());
  for (const char* id : {"clocksource", "governor", "idle-states", "isolation", "device-interrupts",
                         "default-irq-mask", "cross-calls", "work-queues", "realtime-budget",
                         "privileges", "swap", "virtual-machine", "other-work", "cpu-quota"}) {
    CAPTURE(id);
    CHECK(seen.level(id) == kOk);
  }
}

TEST_CASE("the housekeeping cores of a tuned server are not fit for measuring") {
  const RecordedTree tree("doctor/tuned_server");
  const Seen seen = look(tree.root(), {CpuId{0}, CpuId{1}});
  CHECK(seen.level("isolation") == kWarn);
  CHECK(seen.level("device-interrupts") == kWarn);
  CHECK(seen.of("device-interrupts").found ==
        "2012 in 2.0 s: 2000 eth0-TxRx-0 (25), 12 nvme0q0 (24)");
  CHECK(seen.of("device-interrupts").fix.front() == "echo 2-7 > /proc/irq/25/smp_affinity_list");
  CHECK(seen.of("device-interrupts").undo.front() ==
        "echo 0-1,6-7 > /proc/irq/25/smp_affinity_list");
  CHECK(seen.level("first-cpu") == kNote);
}

TEST_CASE("a laptop as delivered is told what costs latency, with cure and undo") {
  const RecordedTree tree("doctor/laptop_powersave");
  const Seen seen = look(tree.root(), {CpuId{2}, CpuId{4}});
  for (const char* id : {"governor", "energy-preference", "idle-states", "smt-siblings",
                         "isolation", "irqbalance", "watchdogs", "work-queues", "tracing", "swap",
                         "huge-page-faults", "mains-power", "privileges"}) {
    CAPTURE(id);
    CHECK(seen.level(id) == kWarn);
    CHECK_FALSE(seen.of(id).fix.empty());
  }
  CHECK(seen.of("governor").found == "powersave on cpus 0-15");
  CHECK(seen.of("governor").fix.front() == "cpupower frequency-set -g performance");
  CHECK(
      seen.of("governor").undo ==
      std::vector<std::string>{"for c in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo powersave "
                               "> /sys/devices/system/cpu/cpu$c/cpufreq/scaling_governor; done"});
  CHECK(seen.of("idle-states").found == "C6 (220 us), C10 (680 us) on cpus 2,4");
  CHECK(seen.of("idle-states").fix.front() == "cpupower -c 2,4 idle-set -D 2");
  CHECK(seen.of("huge-page-faults").undo.front() ==
        "echo always > /sys/kernel/mm/transparent_hugepage/enabled");
  CHECK(seen.of("smt-siblings").fix.front() ==
        "for c in 3 5; do echo 0 > /sys/devices/system/cpu/cpu$c/online; done");
  CHECK(seen.of("smt-siblings").undo.front() ==
        "for c in 3 5; do echo 1 > /sys/devices/system/cpu/cpu$c/online; done");
  // What happened since boot may be long ago.
  CHECK(seen.level("thermal-throttle") == kUnknown);
  CHECK(seen.of("thermal-throttle").reason.starts_with("304 events since boot"));
  CHECK(seen.diagnosis.fit());
}

TEST_CASE("deep idle states break a budget only for threads that sleep") {
  const RecordedTree tree("doctor/laptop_powersave");
  const Seen sleeping = look(tree.root(), {CpuId{2}, CpuId{4}}, true);
  CHECK_FALSE(sleeping.diagnosis.fit());
  CHECK(sleeping.diagnosis.budgets.front().reason.find("idle-states") != std::string::npos);
  CHECK(look(tree.root(), {CpuId{2}, CpuId{4}}, true, "p95 < 1ms").diagnosis.fit());
}

TEST_CASE("fast and slow cores together are told apart") {
  const RecordedTree tree("doctor/laptop_powersave");
  CHECK(look(tree.root(), {CpuId{2}, CpuId{8}}).level("core-class") == kWarn);
  CHECK(look(tree.root(), {CpuId{8}, CpuId{9}}).level("core-class") == kNote);
  CHECK(look(tree.root(), {CpuId{2}, CpuId{4}}).level("core-class") == kOk);
}

TEST_CASE("two threads of one core are no two cores") {
  const RecordedTree tree("doctor/desktop_smt");
  const Seen seen = look(tree.root(), {CpuId{2}, CpuId{10}});
  CHECK(seen.level("smt-siblings") == kFail);
  CHECK(seen.of("smt-siblings").found == "cpus 2,10 are one core");
  CHECK_FALSE(seen.diagnosis.fit());
}

TEST_CASE("a clock without a fast read and other work on the cores fail a desktop in use") {
  const RecordedTree tree("doctor/desktop_smt");
  const Seen seen = look(tree.root(), {CpuId{2}, CpuId{3}});
  CHECK(seen.level("clocksource") == kFail);
  CHECK(seen.of("clocksource").fix.front() == "boot with tsc=reliable clocksource=tsc");
  CHECK(seen.level("other-work") == kFail);
  // 0.4 s of 2 s; busmark's own threads do not count, and a name may hold a parenthesis.
  CHECK(seen.of("other-work").found == "20.00 % of the busiest core: Web) Content 20.0 %");
  CHECK(seen.of("device-interrupts").found == "840 in 2.0 s: 840 enp4s0 (60)");
  CHECK(seen.level("cross-calls") == kWarn);
  CHECK(seen.of("cross-calls").found == "CAL 900, TLB 40 in 2.0 s");
  // Nobody knows whether the cores were busy, and an idle one has no tick.
  CHECK(seen.level("tick") == kUnknown);
  CHECK(seen.level("same-page-merging") == kWarn);
}

TEST_CASE("cores of two nodes are a warning, cores of one are not") {
  const RecordedTree tree("doctor/two_nodes");
  const Seen across = look(tree.root(), {CpuId{2}, CpuId{3}});
  CHECK(across.level("numa-nodes") == kWarn);
  CHECK(across.of("numa-nodes").found == "nodes 0, 1 (distances of node 0: 10 21)");
  CHECK(across.level("shared-cache") == kWarn);
  CHECK(across.level("memory-errors") == kWarn);
  CHECK(across.level("numa-balancing") == kWarn);
  CHECK(across.of("huge-pages").found ==
        "512 of 512 x 2048kB free on node0, 100 of 512 x 2048kB free on node1");
  CHECK(across.level("swap") == kOk);
  const Seen within = look(tree.root(), {CpuId{2}, CpuId{4}});
  CHECK(within.level("numa-nodes") == kOk);
  CHECK(within.level("shared-cache") == kOk);
}

TEST_CASE("isolcpus alone is half an isolation") {
  const RecordedTree tree("doctor/isolated_only");
  const Seen seen = look(tree.root(), {CpuId{2}, CpuId{4}});
  CHECK(seen.level("isolation") == kWarn);
  CHECK(seen.of("isolation").found == "no nohz_full on cpus 2,4, no rcu_nocbs on cpus 2,4");
  CHECK(seen.of("isolation").fix.front() ==
        "boot with isolcpus=managed_irq,domain,2,4 nohz_full=2,4 rcu_nocbs=2,4 "
        "irqaffinity=0-1,3,5-7");
  CHECK(seen.level("watchdogs") == kOk);
  CHECK(seen.level("work-queues") == kOk);
  CHECK(seen.level("default-irq-mask") == kNote);
  CHECK(seen.of("default-irq-mask").fix.front() == "echo eb > /proc/irq/default_smp_affinity");
  CHECK(seen.level("device-interrupts") == kWarn);
}

TEST_CASE("isolated cores may be used where the cpuset has them, whatever mask is inherited") {
  const RecordedTree tree("doctor/isolated_only");
  tree.write("proc/self/status", "Cpus_allowed_list:\t0-1,6-7");
  tree.write("sys/fs/cgroup/cpuset.cpus.effective", "0-7");
  CHECK(look(tree.root(), {CpuId{2}, CpuId{3}}).level("affinity") == kOk);
  tree.write("sys/fs/cgroup/cpuset.cpus.effective", "0-1,6-7");
  const Seen seen = look(tree.root(), {CpuId{2}, CpuId{3}});
  CHECK(seen.level("affinity") == kFail);
  CHECK(seen.of("affinity").fix.front() == "taskset -c 2-3 busmark ...");
}

TEST_CASE("a mask of isolated cores only has no place for threads that are not pinned") {
  const RecordedTree tree("doctor/isolated_only");
  tree.write("proc/self/status", "Cpus_allowed_list:\t2-5");
  const Seen seen = look(tree.root(), {CpuId{2}, CpuId{3}});
  CHECK(seen.level("affinity") == kOk);
  CHECK(seen.level("helpers") == kWarn);
  CHECK(seen.of("helpers").found == "the mask holds isolated cores only (2-5)");
}

TEST_CASE("a container with a quota fails where it bites, with the cores it has") {
  const RecordedTree tree("doctor/container_quota");
  const Seen seen = look(tree.root(), {CpuId{4}, CpuId{5}});
  CHECK(seen.level("cpu-quota") == kFail);
  CHECK(seen.of("cpu-quota").found.starts_with("1.5 CPUs in /sys/fs/cgroup, too little for 2"));
  CHECK(seen.of("cpu-quota").undo.front() == "echo '150000 100000' > /sys/fs/cgroup/cpu.max");
  CHECK(seen.level("throttled") == kFail);
  CHECK(seen.of("throttled").found == "stopped 14 times in 2.0 s");
  CHECK(seen.level("cpuset") == kFail);
  CHECK(seen.of("cpuset").found == "changed from cpus 4-7 to cpus 4-6 while measured");
  CHECK(seen.of("container").found == "docker, seccomp filters system calls, no new privileges");
  CHECK(look(tree.root(), {CpuId{1}}).level("affinity") == kFail);
}

TEST_CASE("a quota that the chosen cores cannot use up is a warning") {
  const RecordedTree tree("doctor/container_quota");
  tree.write("sys/fs/cgroup/cpu.max", "400000 100000");
  CHECK(look(tree.root(), {CpuId{4}, CpuId{5}}).level("cpu-quota") == kWarn);
  tree.write("sys/fs/cgroup/cpu.max", "max 100000");
  CHECK(look(tree.root(), {CpuId{4}, CpuId{5}}).level("cpu-quota") == kOk);
}

TEST_CASE("a guest whose core time is stolen fails, and a slow clock of it is curable") {
  const RecordedTree tree("doctor/cloud_guest");
  const Seen seen = look(tree.root());
  CHECK(seen.level("virtual-machine") == kFail);
  // 40 + 60 ticks of 10 ms on two cores in 10 s.
  CHECK(seen.of("virtual-machine").found == "Example Cloud guest, 5.00 % stolen");
  CHECK(seen.level("clocksource") == kWarn);
  CHECK(seen.of("clocksource").fix.front() ==
        "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource");
  CHECK(seen.of("clocksource").undo.front() ==
        "echo kvm-clock > /sys/devices/system/clocksource/clocksource0/current_clocksource");
  CHECK(seen.level("cpu-quota") == kOk);
  CHECK(seen.level("governor") == kUnknown);
}

TEST_CASE("a quota of an ancestor in cgroup version 1 counts") {
  const RecordedTree tree("doctor/cloud_guest");
  tree.write("proc/self/cgroup", "2:cpu,cpuacct:/pods/one\n0::/");
  tree.write("sys/fs/cgroup/cpu,cpuacct/pods/one/cpu.cfs_quota_us", "-1");
  tree.write("sys/fs/cgroup/cpu,cpuacct/pods/one/cpu.cfs_period_us", "100000");
  tree.write("sys/fs/cgroup/cpu,cpuacct/pods/cpu.cfs_quota_us", "200000");
  tree.write("sys/fs/cgroup/cpu,cpuacct/pods/cpu.cfs_period_us", "100000");
  const Seen seen = look(tree.root());
  CHECK(seen.level("cpu-quota") == kFail);
  CHECK(seen.of("cpu-quota").found.starts_with("2 CPUs in /sys/fs/cgroup/cpu,cpuacct/pods,"));
}

TEST_CASE("an Arm server lacks x86's facts, not its own") {
  const RecordedTree tree("doctor/arm_server");
  const Seen seen = look(tree.root());
  CHECK(seen.level("clocksource") == kOk);
  CHECK(seen.level("tsc-flags") == kUnknown);
  CHECK(seen.level("virtual-machine") == kUnknown);
  CHECK(seen.of("preemption").found.starts_with("PREEMPT_RT"));
}

}  // namespace
}  // namespace busmark

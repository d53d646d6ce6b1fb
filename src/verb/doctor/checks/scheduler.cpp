// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <fmt/core.h>

#include "record/limits.hpp"
#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

Outcome realtime_budget(const Examination& machine) {
  const std::string path = "proc/sys/kernel/sched_rt_runtime_us";
  const auto runtime = machine.first.number(path);
  if (!runtime) return unknown(machine, path);
  if (*runtime < 0) return ok("no limit");
  const auto period =
      machine.first.number("proc/sys/kernel/sched_rt_period_us").value_or(1'000'000);
  const std::string found = fmt::format("{} of {} us", *runtime, period);
  Cure cure = write_sysctl(machine, path, "-1");
  if (!machine.realtime) return note(found, std::move(cure));
  Outcome outcome = fail(found, std::move(cure));
  if (period > *runtime && period <= 1'000'000'000) {
    outcome.delay = Delay{std::chrono::microseconds(period - *runtime),
                          1 - static_cast<double>(*runtime) / static_cast<double>(period)};
  }
  return outcome;
}

/// Soft limit of a line of /proc/self/limits, in its unit; empty text where there is no such line.
std::string soft_limit(const std::string& limits, std::string_view name) {
  const auto at = limits.find(name);
  if (at == std::string::npos) return {};
  const auto words = words_of(std::string_view(limits).substr(at + name.size()));
  return words.empty() ? std::string() : std::string(words.front());
}

Outcome privileges(const Examination& machine) {
  const std::string path = "proc/self/limits";
  const KernelFile& limits = machine.first.file(path);
  const std::string memory = soft_limit(limits.text, "Max locked memory");
  const std::string priority = soft_limit(limits.text, "Max realtime priority");
  if (memory.empty() || priority.empty()) return unknown(machine, path);
  constexpr int kIpcLock = 14;  // linux/capability.h
  constexpr int kSysNice = 23;
  std::uint64_t held = 0;
  const auto hex = value_of(machine.first.file("proc/self/status").text, "CapEff").value_or("");
  std::from_chars(hex.data(), hex.data() + hex.size(), held, 16);
  const bool may_lock = memory == "unlimited" || (held >> kIpcLock & 1) != 0;
  const bool may_realtime = priority != "0" || (held >> kSysNice & 1) != 0;
  const std::string found =
      fmt::format("memlock {}{}, rtprio {}{}", memory,
                  memory != "unlimited" && may_lock ? " (cap_ipc_lock)" : "", priority,
                  priority == "0" && may_realtime ? " (cap_sys_nice)" : "");
  if (may_lock && may_realtime) return ok(found);
  const Cure cure{{"ulimit -l unlimited -r 99 (limits in /etc/security/limits.conf)",
                   "or setcap cap_sys_nice,cap_ipc_lock+ep on the program"}};
  return may_lock && !machine.realtime ? note(found, cure) : warn(found, cure);
}

Outcome timer_slack(const Examination& machine) {
  const std::string path = "proc/self/timerslack_ns";
  const auto slack = machine.first.number(path);
  if (!slack) return unknown(machine, path);
  const std::string found = fmt::format("{} ns by default", *slack);
  if (*slack <= 1) return ok(found);
  return note(found, {{"nothing: busmark sets 1 ns for each of its threads; for your own program "
                       "prctl(PR_SET_TIMERSLACK, 1)"}});
}

/// What one thread has had of its processor.
struct Task {
  std::string name;
  CpuId cpu{};
  std::int64_t run_ns = 0;
};

/// Threads by their path, those of this process left out.
std::map<std::string, Task> tasks_of(const KernelSnapshot& snapshot) {
  std::map<std::string, Task> tasks;
  const auto own = leading_number(snapshot.line("proc/self/stat").value_or(""));
  const std::string ours = own ? fmt::format("proc/{}/", *own) : "?";
  for (const auto& path : snapshot.matching("proc/#/task/#/schedstat")) {
    if (path.starts_with(ours)) continue;
    const std::string folder = path.substr(0, path.rfind('/'));
    const auto run = snapshot.number(path);
    const std::string stat = snapshot.line(folder + "/stat").value_or("");
    // The name stands in parentheses and may hold anything, parentheses included.
    const auto open = stat.find('(');
    const auto close = stat.rfind(')');
    if (!run || open == std::string::npos || close == std::string::npos || close < open) continue;
    const auto words = words_of(std::string_view(stat).substr(close + 1));
    constexpr std::size_t kProcessor = 36;  // field 39 of proc(5), counted from the state, field 3
    const auto cpu = words.size() > kProcessor ? leading_number(words[kProcessor]) : std::nullopt;
    if (!cpu || *cpu < 0 || *cpu > 1 << 16) continue;
    tasks[folder] = {stat.substr(open + 1, close - open - 1), CpuId{static_cast<int>(*cpu)}, *run};
  }
  return tasks;
}

Outcome other_work(const Examination& machine) {
  if (!machine.later) return unknown(no_later(machine));
  const auto before = tasks_of(machine.first);
  const auto after = tasks_of(*machine.later);
  if (after.empty()) return unknown("no schedstat of any process can be seen below /proc");
  std::map<CpuId, double> busy;
  std::vector<std::pair<double, std::string>> culprits;
  const double wall = std::max(1.0, static_cast<double>(machine.between.count()));
  for (const auto& [path, task] : after) {
    if (!contains(machine.cores, task.cpu)) continue;
    const auto then = before.find(path);
    const auto since = then == before.end() ? task.run_ns : task.run_ns - then->second.run_ns;
    if (since <= 0) continue;
    const double share = std::min(1.0, static_cast<double>(since) / wall);
    busy[task.cpu] += share;
    culprits.emplace_back(share, task.name);
  }
  double worst = 0;
  for (const auto& [cpu, share] : busy) worst = std::max(worst, share);
  std::sort(culprits.rbegin(), culprits.rend());
  std::string names;
  for (std::size_t i = 0; i < culprits.size() && i < 3; ++i) {
    names += fmt::format("{}{} {:.1f} %", i == 0 ? ": " : ", ", culprits[i].second,
                         culprits[i].first * 100);
  }
  const std::string found = fmt::format("{:.2f} % of the busiest core{}", worst * 100, names);
  constexpr double kNothing = 0.001;
  if (worst < kNothing) return ok(found);
  const Cure cure{{"stop it, or keep it off: a cpuset for it, or taskset -a -p -c LIST PID"}};
  return worst > 1 - kLeastCoreShare ? fail(found, cure) : warn(found, cure);
}

Outcome involuntary_switches(const Examination& machine) {
  if (!machine.measured) return unknown(machine.not_measured);
  std::int64_t switches = 0;
  double share = 1;
  bool known = false;
  for (const SpinProbe& probe : machine.measured->cores) {
    if (!probe.problem.empty()) continue;
    known = true;
    switches += probe.usage.involuntary_switches;
    share = std::min(share, probe.usage.core_share());
  }
  if (!known) return unknown("no chosen core could be probed");
  const std::string found =
      fmt::format("{} in {:.1f} s; a spinning thread had {:.1f} % of its core", switches,
                  seconds_between(machine), share * 100);
  if (switches == 0) return ok(found);
  const Cure cure{{"isolate the cores (see isolation) or stop the other work (see other-work)"}};
  return share < kLeastCoreShare ? fail(found, cure) : warn(found, cure);
}

Outcome preemption(const Examination& machine) {
  const std::string path = "proc/sys/kernel/version";
  const auto version = machine.first.line(path);
  if (!version) return unknown(machine, path);
  std::string model = "not told by the kernel";
  if (version->find("PREEMPT_RT") != std::string::npos ||
      machine.first.number("sys/kernel/realtime") == 1) {
    model = "PREEMPT_RT";
  } else if (version->find("PREEMPT_DYNAMIC") != std::string::npos) {
    const auto chosen = machine.first.line("sys/kernel/debug/sched/preempt");
    std::string now = chosen.value_or("");
    const auto open = now.find('(');
    const auto close = now.find(')', open);
    if (close != std::string::npos) now = now.substr(open + 1, close - open - 1);
    model = "PREEMPT_DYNAMIC, " + (now.empty() ? "which model is not told here" : now);
  } else if (version->find("PREEMPT") != std::string::npos) {
    model = "PREEMPT";
  }
  return note(fmt::format("{}, Linux {}", model,
                          machine.first.line("proc/sys/kernel/osrelease").value_or("unknown")));
}

Outcome core_floor(const Examination& machine) {
  if (!machine.measured) return unknown(machine.not_measured);
  const SpinProbe* worst = nullptr;
  for (const SpinProbe& probe : machine.measured->cores) {
    if (!probe.problem.empty()) continue;
    if (worst == nullptr || mean_delay_ns(probe) > mean_delay_ns(*worst)) worst = &probe;
  }
  if (worst == nullptr) return unknown("no chosen core could be probed");
  const double seconds = std::chrono::duration<double>(worst->wall).count();
  const auto gaps = static_cast<double>(worst->gaps.size() + worst->gaps_not_kept);
  return note(fmt::format(
      "cpu {}: {:.0f} gaps over 1 us a second, {:.2f} % of the time, longest {}", index(worst->cpu),
      seconds > 0 ? gaps / seconds : 0, share_delayed(*worst, Nanoseconds{}) * 100,
      format_duration(longest_gap(*worst))));
}

constexpr std::array kSchedulerChecks{
    Check{"core-floor", FindingLevel::note, "for the record; budgets are held against it",
          "Measured: how often and for how long a thread that only spins lost its core. No bus on "
          "these cores can do better.",
          core_floor},
    Check{"other-work", FindingLevel::fail, "under 0.1 % of each chosen core",
          "A thread that runs on a chosen core does so for a whole time slice, milliseconds, while "
          "messages wait.",
          other_work},
    Check{"involuntary-switches", FindingLevel::fail, "none",
          "Each one is a moment at which something else took the core of a thread that wanted to "
          "go on.",
          involuntary_switches},
    Check{"realtime-budget", FindingLevel::fail, "no limit (-1) with realtime = true",
          "A SCHED_FIFO thread that spins is stopped for the rest of each period: 52 ms of every "
          "second were measured.",
          realtime_budget},
    Check{"privileges", FindingLevel::warn, "memlock unlimited; rtprio for realtime = true",
          "Without them memory can be paged out and threads cannot be SCHED_FIFO.", privileges},
    Check{"timer-slack", FindingLevel::note, "1 ns",
          "The kernel lets timed sleeps end late by this much to save wake-ups: a sleep of 100 us "
          "overshot by 71 us with the default and by 21 us with 1 ns.",
          timer_slack},
    Check{"preemption", FindingLevel::note, "for the record",
          "It decides how long the kernel may keep a core before a waiting thread gets it.",
          preemption},
};

}  // namespace

std::span<const Check> scheduler_checks() noexcept { return kSchedulerChecks; }

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

constexpr const char* kSysctls = "proc/sys/kernel/";

Outcome watchdogs(const Examination& machine) {
  const std::string nmi = std::string(kSysctls) + "nmi_watchdog";
  const std::string soft = std::string(kSysctls) + "watchdog";
  const auto nmi_on = machine.first.number(nmi);
  const auto on = machine.first.number(soft);
  if (!on && !nmi_on) return unknown(machine, soft);
  const std::string found =
      fmt::format("nmi_watchdog {}, watchdog {}", nmi_on ? std::to_string(*nmi_on) : "unknown",
                  on ? std::to_string(*on) : "unknown");
  if (on.value_or(0) == 0 && nmi_on.value_or(0) == 0) return ok(found);
  const auto mask = machine.first.cpus(std::string(kSysctls) + "watchdog_cpumask");
  if (mask && common(*mask, machine.cores).empty()) return ok(found + ", not on these cores");
  Cure cure;
  if (nmi_on.value_or(0) != 0) cure = cure + write_sysctl(machine, nmi, "0");
  if (on.value_or(0) != 0) cure = cure + write_sysctl(machine, soft, "0");
  const CpuList rest = machine.housekeeping();
  if (!rest.empty()) {
    cure.fix.push_back("or keep them off these cores: sysctl -w kernel.watchdog_cpumask=" +
                       format_cpu_list(rest));
  }
  return warn(found, std::move(cure));
}

Outcome work_queues(const Examination& machine) {
  const std::array<std::string, 2> paths{"sys/devices/virtual/workqueue/cpumask",
                                         "sys/bus/workqueue/devices/writeback/cpumask"};
  const CpuList rest = machine.housekeeping();
  CpuList shared;
  Cure cure;
  bool known = false;
  for (const std::string& path : paths) {
    const auto line = machine.first.line(path);
    const auto mask = line ? parse_hex_mask(*line) : std::nullopt;
    if (!mask) continue;
    known = true;
    const CpuList both = common(*mask, machine.cores);
    if (both.empty()) continue;
    shared.insert(shared.end(), both.begin(), both.end());
    if (!rest.empty()) cure = cure + write_file(machine, path, hex_mask(rest));
  }
  if (!known) return unknown(machine, paths[0]);
  std::sort(shared.begin(), shared.end());
  shared.erase(std::unique(shared.begin(), shared.end()), shared.end());
  if (shared.empty()) return ok("kept off these cores");
  if (rest.empty()) cure = {{"choose fewer cores: the kernel's own work needs one"}};
  return warn("may run on " + cpus_text(shared), std::move(cure));
}

Outcome vmstat(const Examination& machine) {
  const std::string path = "proc/sys/vm/stat_interval";
  const auto seconds = machine.first.number(path);
  if (!seconds) return unknown(machine, path);
  constexpr std::int64_t kRare = 10;
  const std::string found = fmt::format("every {} s", *seconds);
  return *seconds >= kRare ? ok(found) : note(found, write_sysctl(machine, path, "120"));
}

Outcome timer_migration(const Examination& machine) {
  const std::string path = std::string(kSysctls) + "timer_migration";
  const auto on = machine.first.number(path);
  if (!on) return unknown(machine, path);
  return *on == 0 ? ok("off") : note("on", write_sysctl(machine, path, "0"));
}

Outcome machine_check(const Examination& machine) {
  const std::string folder = "sys/devices/system/machinecheck/machinecheck0/";
  // The interval is written in hexadecimal; only whether it is 0 matters here.
  const auto interval = machine.first.line(folder + "check_interval");
  if (!interval) return unknown(machine, folder + "check_interval");
  const bool ignored = machine.first.number(folder + "ignore_ce").value_or(0) != 0;
  if (*interval == "0" || ignored) return ok(ignored ? "corrected errors ignored" : "off");
  return note("every 0x" + *interval + " s", write_file(machine, folder + "check_interval", "0"));
}

Outcome tracing(const Examination& machine) {
  struct Switch {
    const char* path;
    const char* quiet;
    const char* name;
  };
  constexpr std::array kSwitches{
      Switch{"sys/kernel/tracing/current_tracer", "nop", "tracer"},
      Switch{"proc/sys/kernel/bpf_stats_enabled", "0", "bpf_stats"},
      Switch{"proc/sys/kernel/sched_schedstats", "0", "schedstats"},
  };
  std::string found;
  std::string hidden;
  Cure cure;
  bool known = false;
  for (const Switch& each : kSwitches) {
    const auto value = machine.first.line(each.path);
    if (!value) {
      if (hidden.empty()) hidden = machine.first.why_not(each.path);
      continue;
    }
    known = true;
    if (*value == each.quiet) continue;
    found += fmt::format("{}{} {}", found.empty() ? "" : ", ", each.name, *value);
    const std::string path = each.path;
    cure = cure + (path.starts_with("proc/sys/") ? write_sysctl(machine, path, each.quiet)
                                                 : write_file(machine, path, each.quiet));
  }
  if (!found.empty()) return warn(found, std::move(cure));
  if (!known) return unknown(hidden);
  const auto tracer = machine.first.line("sys/kernel/tracing/current_tracer");
  return ok(tracer ? "off" : "bpf_stats and schedstats off; " + hidden);
}

constexpr std::array kKernelChecks{
    Check{"watchdogs", FindingLevel::warn, "off, or on other cores",
          "The soft watchdog wakes a thread on every core every few seconds; the hard one keeps a "
          "counter that interrupts without asking.",
          watchdogs},
    Check{"work-queues", FindingLevel::warn, "no chosen core in the masks",
          "The kernel's deferred work, writing pages back included, runs on any core of the mask.",
          work_queues},
    Check{"vmstat-interval", FindingLevel::note, "10 s or more",
          "A worker on every core adds up memory statistics this often.", vmstat},
    Check{"timer-migration", FindingLevel::note, "off with isolated cores",
          "The kernel may move timers of idle cores to a busy one.", timer_migration},
    Check{"machine-check-polling", FindingLevel::note, "off",
          "Every core reads the error banks of the processor at this interval.", machine_check},
    Check{"tracing", FindingLevel::warn, "no tracer, no statistics left on",
          "A tracer or statistics that somebody left on cost something at every switch, interrupt "
          "or call.",
          tracing},
};

}  // namespace

std::span<const Check> kernel_checks() noexcept { return kKernelChecks; }

}  // namespace busmark

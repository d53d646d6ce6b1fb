// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>

#include "machine/examination.hpp"

namespace busmark {
namespace {

using Strings = std::vector<std::string>;

void add_all(Strings& files, const std::string& folder, std::initializer_list<const char*> names) {
  for (const char* name : names) files.push_back(folder + name);
}

/// Settings of every core.
void add_cores(Strings& files) {
  const std::string cpus = "sys/devices/system/cpu/";
  add_all(files, cpus,
          {"online", "possible", "present", "isolated", "nohz_full", "smt/active", "smt/control",
           "cpuidle/current_driver", "cpufreq/boost", "intel_pstate/no_turbo",
           "intel_pstate/status", "amd_pstate/status", "vulnerabilities/*"});
  add_all(files, cpus + "cpu#/",
          {"cpufreq/scaling_governor", "cpufreq/scaling_driver", "cpufreq/scaling_min_freq",
           "cpufreq/cpuinfo_max_freq", "cpufreq/energy_performance_preference",
           "power/energy_perf_bias", "cpuidle/state#/name", "cpuidle/state#/latency",
           "cpuidle/state#/disable", "topology/thread_siblings_list", "online"});
}

void add_kernel(Strings& files) {
  add_all(files, "proc/",
          {"cpuinfo", "cmdline", "swaps", "self/status", "self/limits", "self/cgroup",
           "self/timerslack_ns", "self/numa_maps", "self/stat", "irq/default_smp_affinity",
           "irq/#/effective_affinity_list", "irq/#/smp_affinity_list", "#/comm"});
  add_all(files, "proc/sys/kernel/",
          {"version", "osrelease", "hostname", "nmi_watchdog", "watchdog", "watchdog_cpumask",
           "timer_migration", "sched_rt_runtime_us", "sched_rt_period_us", "bpf_stats_enabled",
           "sched_schedstats", "perf_event_max_sample_rate", "perf_event_paranoid",
           "numa_balancing", "randomize_va_space", "split_lock_mitigate"});
  add_all(files, "proc/sys/vm/",
          {"swappiness", "stat_interval", "compaction_proactiveness", "zone_reclaim_mode"});
  add_all(files, "sys/kernel/",
          {"realtime", "debug/sched/preempt", "debug/sched/fair_server/cpu#/runtime",
           "tracing/current_tracer", "tracing/tracing_on", "mm/ksm/run",
           "mm/transparent_hugepage/enabled", "mm/transparent_hugepage/defrag",
           "mm/transparent_hugepage/khugepaged/defrag", "mm/hugepages/hugepages-*/free_hugepages",
           "mm/hugepages/hugepages-*/nr_hugepages"});
}

void add_devices(Strings& files) {
  add_all(files, "sys/devices/",
          {"system/clocksource/clocksource0/current_clocksource",
           "system/clocksource/clocksource0/available_clocksource",
           "system/machinecheck/machinecheck0/check_interval",
           "system/machinecheck/machinecheck0/ignore_ce", "virtual/workqueue/cpumask",
           "system/node/node#/cpulist", "system/node/node#/distance",
           "system/node/node#/hugepages/hugepages-*/free_hugepages",
           "system/node/node#/hugepages/hugepages-*/nr_hugepages"});
  add_all(files, "sys/class/dmi/id/",
          {"sys_vendor", "product_name", "board_name", "bios_version", "bios_date"});
  add_all(files, "",
          {"dev/cpu_dma_latency", "sys/bus/workqueue/devices/writeback/cpumask",
           "sys/class/power_supply/*/online", "sys/class/power_supply/*/type",
           "sys/module/haltpoll/parameters/guest_halt_poll_ns",
           "sys/module/kvm/parameters/halt_poll_ns", ".dockerenv", "run/.containerenv"});
}

/// The group's folder and those above it, up to the hierarchy's mount, which is the last.
void add_ancestors(Strings& folders, const std::string& mount, std::filesystem::path group) {
  while (true) {
    folders.push_back(group.empty() ? mount : mount + "/" + group.string());
    if (group.empty()) return;
    group = group.parent_path();
  }
}

}  // namespace

std::vector<std::string> cgroup_folders(std::string_view text) {
  Strings folders;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    // hierarchy-ID:controllers:/path of cgroups(7); version 2 names no controllers.
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string controllers(line.substr(first + 1, second - first - 1));
    const auto group = std::filesystem::path(line.substr(second + 1)).relative_path();
    // Outside the cgroup namespace's root nothing that is mounted here is an ancestor.
    if (std::find(group.begin(), group.end(), "..") != group.end()) continue;
    const auto tidy = group.has_filename() ? group : group.parent_path();
    const std::string mount = "sys/fs/cgroup";
    if (controllers.empty()) {
      add_ancestors(folders, mount, tidy);
      add_ancestors(folders, mount + "/unified", tidy);  // where version 1 is mounted beside it
    }
    const std::string list = "," + controllers + ",";
    for (const char* name : {"cpu", "cpuset"}) {
      if (list.find("," + std::string(name) + ",") == std::string::npos) continue;
      add_ancestors(folders, mount + "/" + controllers, tidy);
      if (controllers != name) add_ancestors(folders, mount + "/" + name, tidy);
    }
  }
  return folders;
}

std::vector<std::string> examined_counters(const std::vector<std::string>& cgroups) {
  Strings files{"proc/uptime",
                "proc/interrupts",
                "proc/stat",
                "proc/loadavg",
                "proc/pressure/cpu",
                "proc/self/stat",
                "proc/#/task/#/stat",
                "proc/#/task/#/schedstat",
                "sys/devices/system/cpu/cpu#/thermal_throttle/*_throttle_count",
                "sys/devices/system/edac/mc/mc#/ce_count"};
  for (const std::string& folder : cgroups) {
    add_all(files, folder + "/", {"cpu.stat", "cpuset.cpus.effective", "cpuset.effective_cpus"});
  }
  return files;
}

std::vector<std::string> examined_files(const std::vector<std::string>& cgroups) {
  Strings files = examined_counters(cgroups);
  add_cores(files);
  add_kernel(files);
  add_devices(files);
  for (const std::string& folder : cgroups) {
    add_all(files, folder + "/",
            {"cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpuset.cpus.partition"});
  }
  return files;
}

}  // namespace busmark

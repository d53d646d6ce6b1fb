// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

/// The groups that this process is in, own first.
Lines groups_of(const Examination& machine) {
  return cgroup_folders(machine.first.file("proc/self/cgroup").text);
}

Outcome affinity(const Examination& machine) {
  const CpuList allowed = machine.topology.usable();
  if (allowed.empty()) return unknown("neither an affinity mask nor a list of CPUs can be read");
  const CpuList outside = without(common(machine.cores, machine.topology.online), allowed);
  const std::string found = cpus_text(allowed) + " allowed";
  if (outside.empty()) return ok(found);
  return fail(fmt::format("{}, which leaves out {}", found, cpus_text(outside)),
              {{fmt::format("taskset -c {} busmark ...", format_cpu_list(machine.cores)),
                fmt::format("in a container: docker run --cpuset-cpus {}",
                            format_cpu_list(machine.cores))}});
}

/// Own group's effective cpuset or that of the nearest ancestor that has one.
std::optional<std::pair<std::string, CpuList>> cpuset(const KernelSnapshot& snapshot,
                                                      const Lines& groups) {
  for (const std::string& group : groups) {
    for (const char* name : {"/cpuset.cpus.effective", "/cpuset.effective_cpus"}) {
      const auto cpus = snapshot.cpus(group + name);
      if (cpus && !cpus->empty()) return std::pair(group + name, *cpus);
    }
  }
  return std::nullopt;
}

Outcome effective_cpuset(const Examination& machine) {
  const Lines groups = groups_of(machine);
  const auto before = cpuset(machine.first, groups);
  if (!before) return unknown("no cpuset of this process is visible below /sys/fs/cgroup");
  const std::string found = cpus_text(before->second);
  const Cure cure{
      {"give the container fixed cores: docker --cpuset-cpus, or in Kubernetes the "
       "static CPU manager policy and a Guaranteed pod with whole CPUs"}};
  if (machine.later) {
    const auto after = cpuset(*machine.later, groups);
    if (after && after->second != before->second) {
      return fail(
          fmt::format("changed from {} to {} while measured", found, cpus_text(after->second)),
          cure);
    }
  }
  const CpuList outside = without(machine.cores, before->second);
  if (outside.empty()) return ok(found);
  return fail(fmt::format("{}, which leaves out {}", found, cpus_text(outside)), cure);
}

struct Quota {
  std::string group;
  double cpus = 0;
};

/// The tightest limit on the way up.
std::optional<Quota> tightest_quota(const Examination& machine, bool& known) {
  std::optional<Quota> tightest;
  for (const std::string& group : groups_of(machine)) {
    std::optional<std::int64_t> quota;
    std::optional<std::int64_t> period;
    if (const auto text = machine.first.line(group + "/cpu.max")) {
      known = true;
      const auto words = words_of(*text);
      quota = leading_number(*text);  // empty for "max"
      period = leading_number(words.size() > 1 ? words[1] : "100000");
    } else if (machine.first.has(group + "/cpu.cfs_quota_us")) {
      quota = machine.first.number(group + "/cpu.cfs_quota_us");
      period = machine.first.number(group + "/cpu.cfs_period_us");
      known = known || quota.has_value();
    }
    if (!quota || !period || *quota < 0 || *period <= 0) continue;
    const double cpus = static_cast<double>(*quota) / static_cast<double>(*period);
    if (!tightest || cpus < tightest->cpus) tightest = Quota{group, cpus};
  }
  return tightest;
}

Outcome quota(const Examination& machine) {
  bool known = false;
  const auto limit = tightest_quota(machine, known);
  if (!known) return unknown("neither cpu.max nor cpu.cfs_quota_us is visible here");
  if (!limit) return ok("none");
  const bool second = machine.first.has(limit->group + "/cpu.max");
  Cure cure{{"start the container without --cpus or a CPU limit"}};
  cure = cure + (second ? write_file(machine, limit->group + "/cpu.max", "max")
                        : write_file(machine, limit->group + "/cpu.cfs_quota_us", "-1"));
  if (second) {
    // Both numbers go back, not the first alone.
    const auto now = machine.first.line(limit->group + "/cpu.max").value_or("max");
    cure.undo = {fmt::format("echo {} > /{}/cpu.max", shell_word(now), shell_word(limit->group))};
  }
  // Threads that spin use one CPU each; the rest of the process needs a little besides.
  const auto needed = static_cast<double>(machine.cores.size()) + 1;
  const std::string found = fmt::format("{:.4g} CPUs in /{}", limit->cpus, limit->group);
  return limit->cpus < needed
             ? fail(fmt::format("{}, too little for {} spinning thread{} and helpers", found,
                                machine.cores.size(), machine.cores.size() == 1 ? "" : "s"),
                    std::move(cure))
             : warn(found, std::move(cure));
}

std::optional<std::int64_t> throttle_count(const KernelSnapshot& snapshot,
                                           const std::string& path) {
  constexpr std::string_view kKey = "nr_throttled ";
  const std::string& text = snapshot.file(path).text;
  const auto at = text.find(kKey);
  return at == std::string::npos ? std::nullopt
                                 : leading_number(std::string_view(text).substr(at + kKey.size()));
}

Outcome throttled(const Examination& machine) {
  std::int64_t since = 0;
  std::int64_t now = 0;
  bool known = false;
  for (const std::string& group : groups_of(machine)) {
    const std::string path = group + "/cpu.stat";
    const auto first = throttle_count(machine.first, path);
    if (!first) continue;
    known = true;
    since = std::max(since, *first);
    if (!machine.later) continue;
    if (const auto later = throttle_count(*machine.later, path))
      now = std::max(now, *later - *first);
  }
  if (!known) return unknown("no cpu.stat with nr_throttled is visible here");
  if (now > 0) {
    return fail(fmt::format("stopped {} times in {:.1f} s", now, seconds_between(machine)),
                {{"lift the quota, see above"}});
  }
  if (since == 0) return ok("never");
  if (!machine.later) {
    return unknown(fmt::format("stopped {} times so far; {}", since, no_later(machine)));
  }
  return ok(fmt::format("not while measured; {} times before", since));
}

Outcome container(const Examination& machine) {
  const std::string status = "proc/self/status";
  if (!machine.first.has(status)) return unknown(machine, status);
  const std::string& text = machine.first.file(status).text;
  std::string found;
  if (machine.first.has(".dockerenv")) found = "docker";
  if (machine.first.has("run/.containerenv")) found = "podman";
  const auto filter = value_of(text, "Seccomp");
  if (filter && *filter != "0") {
    found += fmt::format("{}seccomp filters system calls", found.empty() ? "" : ", ");
  }
  if (value_of(text, "NoNewPrivs").value_or("0") != "0") {
    found += fmt::format("{}no new privileges", found.empty() ? "" : ", ");
  }
  return found.empty() ? ok("no sign of one") : note(found);
}

constexpr std::array kContainerChecks{
    Check{"affinity", FindingLevel::fail, "every chosen core",
          "A thread can only be pinned to cores of its cpuset, which need not begin at 0.",
          affinity},
    Check{"cpuset", FindingLevel::fail, "every chosen core, unchanged while running",
          "When an orchestrator rewrites the cpuset, the kernel drops every pin without a word.",
          effective_cpuset},
    Check{"cpu-quota", FindingLevel::fail, "none in any group above the process",
          "A group that has used its quota stands still for the rest of the period, up to 100 ms, "
          "pinned or not.",
          quota},
    Check{"throttled", FindingLevel::fail, "never",
          "Each time, every thread of the group stood still until the next period.", throttled},
    Check{"container", FindingLevel::note, "for the record",
          "A container hides files and forbids calls: what is unknown here may be wrong "
          "outside.",
          container},
};

}  // namespace

std::span<const Check> container_checks() noexcept { return kContainerChecks; }

}  // namespace busmark

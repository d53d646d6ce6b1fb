// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

Outcome huge_page_faults(const Examination& machine) {
  const std::string folder = "sys/kernel/mm/transparent_hugepage/";
  const auto enabled = machine.first.line(folder + "enabled");
  if (!enabled) return unknown(machine, folder + "enabled");
  const std::string mode = chosen_word(*enabled);
  const auto defrag = machine.first.number(folder + "khugepaged/defrag");
  const std::string found = defrag ? fmt::format("{}, khugepaged defrag {}", mode, *defrag) : mode;
  Cure cure;
  if (mode == "always") cure = write_file(machine, folder + "enabled", "madvise");
  if (mode != "never" && defrag.value_or(0) != 0) {
    cure = cure + write_file(machine, folder + "khugepaged/defrag", "0");
  }
  if (mode == "always") return warn(found, std::move(cure));
  if (mode != "madvise" && mode != "never") return unknown(machine, folder + "enabled");
  return cure.fix.empty() ? ok(found) : note(found, std::move(cure));
}

Outcome swap(const Examination& machine) {
  const KernelFile& swaps = machine.first.file("proc/swaps");
  const auto swappiness = machine.first.number("proc/sys/vm/swappiness");
  if (!swaps.readable() || swaps.text.empty()) return unknown(machine, "proc/swaps");
  // One line of headings, then one for each device.
  const auto devices = std::count(swaps.text.begin(), swaps.text.end(), '\n') - 1;
  const std::string lazy = swappiness ? fmt::format(", swappiness {}", *swappiness) : "";
  if (devices <= 0) return ok("none" + lazy);
  const std::string found = fmt::format("{} device{}{}", devices, devices == 1 ? "" : "s", lazy);
  constexpr std::int64_t kReluctant = 10;
  if (swappiness && *swappiness <= kReluctant) return ok(found);
  Cure cure{{"swapoff -a"}, {"swapon -a"}};
  if (swappiness) {
    cure.fix.back() += ", or at least:";
    cure = cure + write_sysctl(machine, "proc/sys/vm/swappiness", "10");
  }
  return warn(found, std::move(cure));
}

Outcome huge_pages(const Examination& machine) {
  std::string found;
  std::int64_t all = 0;
  bool known = false;
  const auto add = [&](const std::string& pattern, bool nodes) {
    for (const auto& path : machine.first.matching(pattern)) {
      const auto free = machine.first.number(path);
      const std::string folder = path.substr(0, path.rfind('/'));
      const auto total = machine.first.number(folder + "/nr_hugepages");
      if (!free || !total) continue;
      known = true;
      all += *total;
      if (*total == 0) continue;
      const auto node = folder.find("node/node");
      found += fmt::format(
          "{}{} of {} x {} free{}", found.empty() ? "" : ", ", *free, *total,
          folder.substr(folder.rfind('-') + 1),
          nodes ? " on " + folder.substr(node + 5, folder.find('/', node + 5) - node - 5) : "");
    }
  };
  add("sys/devices/system/node/node#/hugepages/hugepages-*/free_hugepages", true);
  if (!known) add("sys/kernel/mm/hugepages/hugepages-*/free_hugepages", false);
  if (!known) return unknown("the kernel lists no sizes of huge pages here");
  return note(all == 0 ? "none reserved; busmark needs none" : found);
}

Outcome same_page_merging(const Examination& machine) {
  const std::string path = "sys/kernel/mm/ksm/run";
  const auto run = machine.first.number(path);
  if (!run) return unknown(machine, path);
  return *run == 1 ? warn("running", write_file(machine, path, "0")) : ok("off");
}

Outcome numa_balancing(const Examination& machine) {
  const std::array<std::string, 3> paths{"proc/sys/kernel/numa_balancing",
                                         "proc/sys/vm/compaction_proactiveness",
                                         "proc/sys/vm/zone_reclaim_mode"};
  const auto balancing = machine.first.number(paths[0]);
  const auto compaction = machine.first.number(paths[1]);
  const auto reclaim = machine.first.number(paths[2]);
  if (!balancing && !compaction && !reclaim) return unknown(machine, paths[0]);
  std::string found;
  Cure cure;
  const auto add = [&](const char* name, const std::optional<std::int64_t>& value,
                       const std::string& path) {
    if (!value) return;
    found += fmt::format("{}{} {}", found.empty() ? "" : ", ", name, *value);
    if (*value != 0) cure = cure + write_sysctl(machine, path, "0");
  };
  add("balancing", balancing, paths[0]);
  add("compaction", compaction, paths[1]);
  add("zone reclaim", reclaim, paths[2]);
  if (cure.fix.empty()) return ok(found);
  // Balancing unmaps pages to see who touches them; the others work only when memory is short.
  return balancing.value_or(0) != 0 || reclaim.value_or(0) != 0 ? warn(found, std::move(cure))
                                                                : note(found, std::move(cure));
}

Outcome page_faults(const Examination& machine) {
  if (!machine.measured) return unknown(machine.not_measured);
  std::int64_t minor = 0;
  std::int64_t major = 0;
  bool known = false;
  for (const SpinProbe& probe : machine.measured->cores) {
    if (!probe.problem.empty()) continue;
    known = true;
    minor += probe.usage.minor_faults;
    major += probe.usage.major_faults;
  }
  if (!known) return unknown("no chosen core could be probed");
  const std::string found =
      fmt::format("{} minor, {} major in {:.1f} s", minor, major, seconds_between(machine));
  const Cure cure{{"lock memory (see privileges), and touch it before the measurement"}};
  if (major > 0) return fail(found, cure);
  return minor > 0 ? warn(found, cure) : ok(found);
}

Outcome memory_errors(const Examination& machine) {
  const auto paths = machine.first.matching("sys/devices/system/edac/mc/mc#/ce_count");
  if (paths.empty()) return unknown("no memory controller is listed in /sys/devices/system/edac");
  std::int64_t since_boot = 0;
  std::int64_t now = 0;
  for (const auto& path : paths) {
    since_boot += std::max<std::int64_t>(0, machine.first.number(path).value_or(0));
    now += rise(machine, path).value_or(0);
  }
  const Cure cure{{"find the module (edac-util -v, ras-mc-ctl) and replace it"}};
  if (now > 0) {
    return warn(fmt::format("{} corrected in {:.1f} s", now, seconds_between(machine)), cure);
  }
  return since_boot == 0 ? ok("none since boot")
                         : warn(fmt::format("{} corrected since boot", since_boot), cure);
}

Outcome memory_latency(const Examination& machine) {
  if (!machine.measured) return unknown(machine.not_measured);
  if (!machine.measured->memory_ns) return unknown("the memory for it could not be had");
  return note(fmt::format("{:.0f} ns a load, random over {}", *machine.measured->memory_ns,
                          format_size(machine.measured->memory_size)));
}

constexpr std::array kMemoryChecks{
    Check{"huge-page-faults", FindingLevel::warn, "madvise or never, khugepaged defrag 0",
          "With always, a first touch may clear 2 MiB at once (150 us, at worst 4 ms), and "
          "khugepaged moves pages under a running program.",
          huge_page_faults},
    Check{"swap", FindingLevel::warn, "none, or swappiness of at most 10",
          "A page that was swapped out comes back from disk, milliseconds later.", swap},
    Check{"huge-pages", FindingLevel::note, "for the record",
          "Reserved huge pages cannot be split or moved away.", huge_pages},
    Check{"same-page-merging", FindingLevel::warn, "off",
          "KSM makes equal pages one; the next write to one of them is a page fault.",
          same_page_merging},
    Check{"numa-balancing", FindingLevel::warn, "balancing, compaction and zone reclaim 0",
          "They unmap or move pages under a running program, which then faults.", numa_balancing},
    Check{"page-faults", FindingLevel::fail, "none while running",
          "A minor fault costs a microsecond or more, a major one waits for a disk.", page_faults},
    Check{"memory-errors", FindingLevel::warn, "none",
          "A corrected error interrupts a core to report it, and is rarely the last.",
          memory_errors},
    Check{"memory-latency", FindingLevel::note, "for the record",
          "Speed and population of the memory can be read by root only; this is what they give.",
          memory_latency},
};

}  // namespace

std::span<const Check> memory_checks() noexcept { return kMemoryChecks; }

}  // namespace busmark

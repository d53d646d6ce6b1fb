// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <fmt/core.h>

#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

/// Counts of one row of /proc/interrupts on the chosen cores.
struct CheckedRow {
  std::string label;
  std::string device;
  std::map<CpuId, std::uint64_t> counts;
};

/// Source of the format: proc(5). Rows that do not count by core are left out.
std::vector<CheckedRow> interrupt_rows(std::string_view text, const CpuList& cores) {
  std::vector<CheckedRow> rows;
  std::vector<CpuId> columns;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto words = words_of(line);
    if (columns.empty()) {
      for (const std::string_view word : words) {
        if (!word.starts_with("CPU")) return {};
        const auto number = leading_number(word.substr(3));
        if (!number || *number < 0 || *number > 1 << 16) return {};
        columns.push_back(CpuId{static_cast<int>(*number)});
      }
      continue;
    }
    if (words.size() < columns.size() + 1 || !words[0].ends_with(':')) continue;
    CheckedRow row;
    row.label = words[0].substr(0, words[0].size() - 1);
    bool counts = true;
    for (std::size_t i = 0; i < columns.size() && counts; ++i) {
      const auto count = leading_number(words[i + 1]);
      counts = count && *count >= 0;
      if (counts && contains(cores, columns[i])) {
        row.counts[columns[i]] = static_cast<std::uint64_t>(*count);
      }
    }
    if (!counts) continue;
    if (words.size() > columns.size() + 1) row.device = words.back();
    rows.push_back(std::move(row));
  }
  return rows;
}

bool is_device(const CheckedRow& row) {
  return !row.label.empty() && row.label.find_first_not_of("0123456789") == std::string::npos;
}

struct Rise {
  CheckedRow row;  ///< With the counts between the readings.
  std::uint64_t sum = 0;
};

/// What counted between the readings, most frequent first; empty without two readings.
std::optional<std::vector<Rise>> interrupts_between(const Examination& machine) {
  if (!machine.later) return std::nullopt;
  const std::string path = "proc/interrupts";
  const auto before = interrupt_rows(machine.first.file(path).text, machine.cores);
  const auto after = interrupt_rows(machine.later->file(path).text, machine.cores);
  if (before.empty() || after.empty()) return std::nullopt;
  std::vector<Rise> rises;
  for (const CheckedRow& row : after) {
    const auto old = std::find_if(before.begin(), before.end(),
                                  [&](const auto& each) { return each.label == row.label; });
    Rise rise{row, 0};
    for (auto& [cpu, count] : rise.row.counts) {
      std::uint64_t start = 0;
      if (old != before.end()) {
        const auto then = old->counts.find(cpu);
        if (then != old->counts.end()) start = then->second;
      }
      count = count > start ? count - start : 0;
      rise.sum += count;
    }
    rises.push_back(std::move(rise));
  }
  std::stable_sort(rises.begin(), rises.end(),
                   [](const Rise& a, const Rise& b) { return a.sum > b.sum; });
  return rises;
}

std::string no_interrupts(const Examination& machine) {
  const std::string path = "proc/interrupts";
  if (!machine.first.has(path)) return machine.first.why_not(path);
  if (!machine.later) return no_later(machine);
  return "/proc/interrupts is not understood";
}

/// Numbered lines whose target is a chosen core by the kernel's own word.
std::vector<int> lines_on_chosen(const Examination& machine, bool& known) {
  std::vector<int> lines;
  for (const auto& path : machine.first.matching("proc/irq/#/effective_affinity_list")) {
    const auto cpus = machine.first.cpus(path);
    if (!cpus) continue;
    known = true;
    const auto number = leading_number(words_of(path.substr(9, path.find('/', 9) - 9)).front());
    if (number && !common(*cpus, machine.cores).empty()) lines.push_back(static_cast<int>(*number));
  }
  return lines;
}

Cure move_interrupts(const Examination& machine, const std::vector<int>& lines) {
  const CpuList rest = machine.housekeeping();
  if (rest.empty()) return {{"leave cores out: interrupts need one that is not chosen"}};
  const std::string to = format_cpu_list(rest);
  Cure cure;
  constexpr std::size_t kMost = 3;
  for (std::size_t i = 0; i < lines.size() && i < kMost; ++i) {
    cure = cure + write_file(machine, fmt::format("proc/irq/{}/smp_affinity_list", lines[i]), to);
  }
  if (lines.size() > kMost) {
    cure.fix.push_back(
        fmt::format("and so on for {} more; lines managed by the kernel (EIO) "
                    "move only with isolcpus=managed_irq",
                    lines.size() - kMost));
  }
  return cure;
}

Outcome device_interrupts(const Examination& machine) {
  const auto rises = interrupts_between(machine);
  bool known = false;
  const auto targets = lines_on_chosen(machine, known);
  if (!rises && !known) return unknown(no_interrupts(machine));
  if (rises) {
    std::string found;
    std::vector<int> lines;
    std::uint64_t sum = 0;
    for (const Rise& each : *rises) {
      if (!is_device(each.row) || each.sum == 0) continue;
      sum += each.sum;
      lines.push_back(static_cast<int>(leading_number(each.row.label).value_or(0)));
      if (lines.size() > 3) continue;
      found += fmt::format("{}{} {} ({})", found.empty() ? "" : ", ", each.sum, each.row.device,
                           each.row.label);
    }
    if (sum > 0) {
      return warn(fmt::format("{} in {:.1f} s: {}", sum, seconds_between(machine), found),
                  move_interrupts(machine, lines));
    }
  }
  if (targets.empty()) return ok(rises ? "none came" : "none is directed there");
  const std::string found =
      fmt::format("{} {} directed there{}", targets.size(), targets.size() == 1 ? "is" : "are",
                  rises ? ", none came" : "");
  return rises ? note(found, move_interrupts(machine, targets))
               : warn(found, move_interrupts(machine, targets));
}

Outcome tick(const Examination& machine) {
  const auto rises = interrupts_between(machine);
  if (!rises) return unknown(no_interrupts(machine));
  // A core that is idle stops its tick by itself, so only a busy one shows whether it runs.
  if (!machine.measured) return unknown("the cores were not kept busy: " + machine.not_measured);
  double highest = 0;
  for (const Rise& each : *rises) {
    if (each.row.label != "LOC" && each.row.device != "arch_timer") continue;
    for (const auto& [cpu, count] : each.row.counts) {
      highest = std::max(highest, static_cast<double>(count) / seconds_between(machine));
    }
  }
  const std::string found = fmt::format("{:.0f}/s on the busiest core", highest);
  constexpr double kTolerable = 2.5;  // nohz_full leaves one a second, the edges add another
  if (highest <= kTolerable) return ok(found);
  if (machine.housekeeping().empty()) {
    return warn(found, {{"choose fewer cores: one must keep the time for the others"}});
  }
  return warn(found, {{fmt::format("boot with nohz_full={0} rcu_nocbs={0}, and run one thread per "
                                   "core",
                                   format_cpu_list(machine.cores))}});
}

Outcome cross_calls(const Examination& machine) {
  const auto rises = interrupts_between(machine);
  if (!rises) return unknown(no_interrupts(machine));
  std::uint64_t sum = 0;
  std::string found;
  for (const Rise& each : *rises) {
    const bool call = each.row.label == "RES" || each.row.label == "CAL" || each.row.label == "TLB";
    if (!call) continue;
    sum += each.sum;
    found += fmt::format("{}{} {}", found.empty() ? "" : ", ", each.row.label, each.sum);
  }
  if (sum == 0) return ok("none");
  // busmark's own start and end of the probe wakes the cores a few times.
  const auto few = static_cast<std::uint64_t>(8 * machine.cores.size());
  const std::string text = fmt::format("{} in {:.1f} s", found, seconds_between(machine));
  if (sum <= few) return note(text);
  return warn(text, {{"find who sends them: perf record -e irq_vectors:call_function_entry -a; in "
                      "your own program no munmap, mprotect, fork or thread start while running"}});
}

Outcome default_mask(const Examination& machine) {
  const std::string path = "proc/irq/default_smp_affinity";
  const auto line = machine.first.line(path);
  const auto mask = line ? parse_hex_mask(*line) : std::nullopt;
  if (!mask) return unknown(machine, path);
  const CpuList shared = common(*mask, machine.cores);
  if (shared.empty()) return ok(cpus_text(common(*mask, machine.topology.online)));
  const CpuList rest = machine.housekeeping();
  return note("includes " + cpus_text(shared),
              rest.empty() ? Cure{} : write_file(machine, path, hex_mask(rest)));
}

Outcome irqbalance(const Examination& machine) {
  const auto names = machine.first.matching("proc/#/comm");
  if (names.empty()) return unknown("no process can be seen below /proc");
  for (const auto& path : names) {
    if (machine.first.line(path) == "irqbalance") {
      return warn("running",
                  {{"systemctl stop irqbalance",
                    fmt::format("or keep it off these cores: IRQBALANCE_BANNED_CPULIST={} in "
                                "/etc/default/irqbalance",
                                format_cpu_list(machine.cores))},
                   {"systemctl start irqbalance"}});
    }
  }
  constexpr std::size_t kOwnNamespace = 20;
  return names.size() > kOwnNamespace ? ok("not running")
                                      : ok("not among the processes that can be seen");
}

/// Value of a `key=` of the kernel's command line.
std::optional<CpuList> booted_with(const Examination& machine, std::string_view key) {
  const auto line = machine.first.line("proc/cmdline").value_or("");
  for (const std::string_view word : words_of(line)) {
    if (!word.starts_with(key) || word.size() <= key.size() || word[key.size()] != '=') continue;
    KernelSnapshot list;
    list.put("list", std::string(word.substr(key.size() + 1)));
    return list.cpus("list");
  }
  return std::nullopt;
}

Outcome isolation(const Examination& machine) {
  const std::string folder = "sys/devices/system/cpu/";
  if (!machine.first.has(folder + "isolated")) return unknown(machine, folder + "isolated");
  CpuList isolated;
  for (const CpuId core : machine.cores) {
    const Cpu* cpu = machine.topology.find(core);
    const bool by_boot =
        contains(machine.first.cpus(folder + "isolated").value_or(CpuList{}), core);
    if (by_boot || (cpu != nullptr && cpu->isolated)) isolated.push_back(core);
  }
  const CpuList tickless = machine.first.cpus(folder + "nohz_full").value_or(CpuList{});
  const CpuList callbacks = booted_with(machine, "rcu_nocbs").value_or(CpuList{});
  std::string missing;
  const auto require = [&](std::string_view what, const CpuList& those) {
    // nohz_full moves the callbacks away as well.
    const CpuList lacking = without(machine.cores, those);
    if (lacking.empty()) return;
    missing += fmt::format("{}no {} on {}", missing.empty() ? "" : ", ", what, cpus_text(lacking));
  };
  require("isolcpus", isolated);
  require("nohz_full", tickless);
  CpuList offloaded = callbacks;
  offloaded.insert(offloaded.end(), tickless.begin(), tickless.end());
  std::sort(offloaded.begin(), offloaded.end());
  require("rcu_nocbs", offloaded);
  if (missing.empty()) return ok(cpus_text(machine.cores) + ": isolcpus, nohz_full, rcu_nocbs");
  const CpuList rest = machine.housekeeping();
  if (rest.empty()) return warn(missing, {{"choose fewer cores: one must stay for the kernel"}});
  const std::string list = format_cpu_list(machine.cores);
  return warn(
      missing,
      {{fmt::format("boot with isolcpus=managed_irq,domain,{0} nohz_full={0} "
                    "rcu_nocbs={0} irqaffinity={1}",
                    list, format_cpu_list(rest)),
        "without a reboot (cgroup v2): a child group with cpuset.cpus.partition = isolated"}});
}

constexpr std::array kInterruptsChecks{
    Check{"isolation", FindingLevel::warn, "every chosen core in isolcpus, nohz_full and rcu_nocbs",
          "On a core that is not isolated the scheduler may put any other thread in front of a "
          "measured one.",
          isolation},
    Check{"device-interrupts", FindingLevel::warn, "none on the chosen cores",
          "Each one takes the core away for some microseconds, its softirq included.",
          device_interrupts},
    Check{"default-irq-mask", FindingLevel::note, "no chosen core",
          "A device that is plugged in or reset later gets its interrupts there.", default_mask},
    Check{"irqbalance", FindingLevel::warn, "not running, or kept off the chosen cores",
          "It moves interrupts to cores that look idle to it, at any moment.", irqbalance},
    Check{"tick", FindingLevel::warn, "at most 2 a second on a busy core",
          "The scheduler's tick interrupts a busy core 100 to 1000 times a second; on a KVM guest "
          "each took 14.7 us.",
          tick},
    Check{"cross-calls", FindingLevel::warn, "none",
          "Another core made this one stop: to reschedule, to run a function or to forget "
          "addresses (munmap, mprotect).",
          cross_calls},
};

}  // namespace

std::span<const Check> interrupt_checks() noexcept { return kInterruptsChecks; }

}  // namespace busmark

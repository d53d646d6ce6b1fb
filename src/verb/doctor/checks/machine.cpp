// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

/// Ticks that the hypervisor took from a core, of a /proc/stat; empty where it is not told.
std::optional<std::int64_t> stolen_ticks(const KernelSnapshot& snapshot, CpuId cpu) {
  const std::string key = fmt::format("\ncpu{} ", index(cpu));
  const std::string& text = snapshot.file("proc/stat").text;
  const auto at = text.find(key);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view rest = std::string_view(text).substr(at + key.size());
  const auto words = words_of(rest.substr(0, rest.find('\n')));
  constexpr std::size_t kSteal = 7;
  return words.size() > kSteal ? leading_number(words[kSteal]) : std::nullopt;
}

/// Share of the chosen cores' time that was stolen between the readings.
std::optional<double> stolen_share(const Examination& machine) {
  if (!machine.later || machine.between.count() <= 0 || machine.cores.empty()) return std::nullopt;
  double ticks = 0;
  bool known = false;
  for (const CpuId core : machine.cores) {
    const auto before = stolen_ticks(machine.first, core);
    const auto after = stolen_ticks(*machine.later, core);
    if (!before || !after) continue;
    known = true;
    ticks += static_cast<double>(std::max<std::int64_t>(0, *after - *before));
  }
  constexpr double kTicksPerSecond = 100;  // USER_HZ, fixed for programs
  if (!known) return std::nullopt;
  return ticks / kTicksPerSecond / seconds_between(machine) /
         static_cast<double>(machine.cores.size());
}

Outcome virtual_machine(const Examination& machine) {
  const std::string path = "proc/cpuinfo";
  if (!machine.first.has(path)) return unknown(machine, path);
  const auto flags = value_of(machine.first.file(path).text, "flags");
  if (!flags) return unknown("/proc/cpuinfo names no flags, as on processors other than x86");
  const auto words = words_of(*flags);
  if (std::find(words.begin(), words.end(), "hypervisor") == words.end()) return ok("bare metal");
  std::string name = machine.measured ? machine.measured->hypervisor : "";
  if (name.empty()) name = machine.first.line("sys/class/dmi/id/sys_vendor").value_or("");
  std::string found = name.empty() ? "guest" : name + " guest";
  const Cure cure{{"bare metal; else whole cores pinned for this guest alone"}};
  const auto share = stolen_share(machine);
  if (!share) return warn(found, cure);
  found += fmt::format(", {:.2f} % stolen", *share * 100);
  constexpr double kMuch = 0.01;
  return *share > kMuch ? fail(found, cure) : warn(found, cure);
}

Outcome mitigations(const Examination& machine) {
  const auto paths = machine.first.matching("sys/devices/system/cpu/vulnerabilities/*");
  if (paths.empty()) return unknown("/sys/devices/system/cpu/vulnerabilities: not present here");
  std::size_t mitigated = 0;
  std::size_t open = 0;
  for (const auto& path : paths) {
    const std::string value = machine.first.line(path).value_or("");
    if (value.starts_with("Mitigation")) ++mitigated;
    if (value.starts_with("Vulnerable")) ++open;
  }
  return note(fmt::format("{} mitigated, {} open, {} do not concern this processor", mitigated,
                          open, paths.size() - mitigated - open));
}

Outcome firmware(const Examination& machine) {
  std::string found;
  const auto add = [&](const char* name, const std::optional<std::string>& value) {
    if (!value) return;
    found += fmt::format("{}{}{}", found.empty() ? "" : ", ", name, *value);
  };
  const std::string dmi = "sys/class/dmi/id/";
  add("", machine.first.line(dmi + "sys_vendor"));
  add("", machine.first.line(dmi + "product_name"));
  add("BIOS ", machine.first.line(dmi + "bios_version"));
  add("of ", machine.first.line(dmi + "bios_date"));
  add("microcode ", value_of(machine.first.file("proc/cpuinfo").text, "microcode"));
  return found.empty() ? unknown(machine, dmi + "bios_version") : note(found);
}

Outcome command_line(const Examination& machine) {
  const auto line = machine.first.line("proc/cmdline");
  return line ? note(*line) : unknown(machine, "proc/cmdline");
}

Outcome address_randomisation(const Examination& machine) {
  const std::string path = "proc/sys/kernel/randomize_va_space";
  const auto mode = machine.first.number(path);
  if (!mode) return unknown(machine, path);
  return *mode == 0 ? note("off")
                    : note(fmt::format("on ({})", *mode), {{"setarch -R busmark ..."}});
}

Outcome counters(const Examination& machine) {
  const std::string path = "proc/sys/kernel/perf_event_paranoid";
  const auto level = machine.first.number(path);
  if (!level) return unknown(machine, path);
  const std::string found = fmt::format("perf_event_paranoid {}", *level);
  return *level <= 1 ? ok(found) : note(found, write_sysctl(machine, path, "1"));
}

Outcome own_build(const Examination& machine) {
  const BuildInfo& build = machine.build;
  const std::string found = fmt::format("{}, {}, {}", build.compiler, build.flags, build.allocator);
  if (build.optimised && !build.sanitized) return ok(found);
  return warn(found, {{"./dev build"}});
}

Outcome split_locks(const Examination& machine) {
  const std::string path = "proc/sys/kernel/split_lock_mitigate";
  const auto on = machine.first.number(path);
  if (!on) return unknown(machine, path);
  return note(*on == 0 ? "tolerated" : "slowed down; busmark takes none");
}

constexpr std::array kMachineChecks{
    Check{"virtual-machine", FindingLevel::fail, "bare metal, nothing stolen",
          "A hypervisor takes and moves cores unseen. No steal time proves nothing: gaps of 2.7 ms "
          "came without it.",
          virtual_machine},
    Check{"mitigations", FindingLevel::note, "for the record; leave them on",
          "They make system calls and interrupts dearer, so waiting in the kernel, not spinning.",
          mitigations},
    Check{"firmware", FindingLevel::note, "for the record",
          "An update may change frequencies, idle states and mitigations at once.", firmware},
    Check{"command-line", FindingLevel::note, "for the record",
          "What the kernel was booted with, to be compared between sessions.", command_line},
    Check{"address-randomisation", FindingLevel::note, "for the record",
          "Memory lies elsewhere in every process, which moves results from run to run.",
          address_randomisation},
    Check{"counters", FindingLevel::note, "perf_event_paranoid of at most 1",
          "Above it a program may not count kernel events of its own threads.", counters},
    Check{"own-build", FindingLevel::warn, "optimised, no sanitizer",
          "A debug build measures itself.", own_build},
    Check{"split-locks", FindingLevel::note, "for the record",
          "An atomic operation across two cache lines stops every core; the kernel may punish it "
          "with a sleep.",
          split_locks},
};

}  // namespace

std::span<const Check> machine_checks() noexcept { return kMachineChecks; }

}  // namespace busmark

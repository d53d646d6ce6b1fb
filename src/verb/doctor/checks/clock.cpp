// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

Outcome clock_source(const Examination& machine) {
  const std::string folder = "sys/devices/system/clocksource/clocksource0/";
  const auto current = machine.first.line(folder + "current_clocksource");
  if (!current) return unknown(machine, folder + "current_clocksource");
  if (*current == "tsc" || *current == "arch_sys_counter") return ok(*current);

  const auto available = machine.first.line(folder + "available_clocksource").value_or("");
  const auto words = words_of(available);
  const bool has_tsc = std::find(words.begin(), words.end(), "tsc") != words.end();
  Cure cure = has_tsc ? write_file(machine, folder + "current_clocksource", "tsc")
                      : Cure{{"boot with tsc=reliable clocksource=tsc"}};
  // A guest reads these without leaving its core; the others are device registers or ticks.
  const bool readable_in_user_space =
      *current == "kvm-clock" || *current == "xen" || current->starts_with("hyperv_clocksource");
  return readable_in_user_space ? warn(*current, std::move(cure)) : fail(*current, std::move(cure));
}

Outcome tsc_flags(const Examination& machine) {
  const std::string path = "proc/cpuinfo";
  if (!machine.first.has(path)) return unknown(machine, path);
  const auto flags = value_of(machine.first.file(path).text, "flags");
  if (!flags) return unknown("/proc/cpuinfo names no flags, as on processors other than x86");
  const auto words = words_of(*flags);
  std::string missing;
  for (const std::string_view flag : {"constant_tsc", "nonstop_tsc"}) {
    if (std::find(words.begin(), words.end(), flag) != words.end()) continue;
    missing += fmt::format("{}{}", missing.empty() ? "" : " and ", flag);
  }
  if (missing.empty()) return ok("constant_tsc nonstop_tsc");
  return fail("no " + missing,
              {{"use a machine (or a CPU model of the hypervisor) with an invariant TSC; busmark "
                "falls back to clock_gettime"}});
}

Outcome tsc_offset(const Examination& machine) {
  if (!machine.measured) return unknown(machine.not_measured);
  const Witness* worst = nullptr;
  for (const auto* pairs : {&machine.measured->before, &machine.measured->after}) {
    for (const Witness& pair : *pairs) {
      if (worst == nullptr || clock_skew_ns(pair) > clock_skew_ns(*worst)) worst = &pair;
    }
  }
  if (worst == nullptr) return unknown("it takes two cores that can be used");
  const std::string found =
      fmt::format("{:+.0f} ns from cpu {} to {}, certain to {:.0f} ns", worst->clock_offset_ns,
                  index(worst->from), index(worst->to), worst->clock_bound_ns);
  if (clock_skew_ns(*worst) <= kToleratedSkewNs) return ok(found);
  return fail(found, {{"boot with clocksource=tsc and no BIOS TSC adjustment, or measure round "
                       "trips, where one core reads both times"}});
}

Outcome timer_step(const Examination& machine) {
  if (!machine.measured) return unknown(machine.not_measured);
  const ClockInfo& clock = machine.measured->clock;
  return note(fmt::format("step {:.3g} ns, read {:.3g} ns, {}", clock.resolution_ns,
                          clock.read_cost_ns, to_string(clock.source)));
}

constexpr std::array kClockChecks{
    Check{"clocksource", FindingLevel::fail, "tsc",
          "Every time stamp of a program costs one read of it: tsc about 20 ns in user space, hpet "
          "and acpi_pm a microsecond and a system call.",
          clock_source},
    Check{"tsc-flags", FindingLevel::fail, "constant_tsc and nonstop_tsc",
          "A counter that follows the core's frequency, or stops while it sleeps, measures no "
          "time.",
          tsc_flags},
    Check{"tsc-offset", FindingLevel::fail, "no offset beyond what the measurement leaves open",
          "A one-way time is the consumer's clock minus the producer's: an offset between the "
          "cores goes straight into it.",
          tsc_offset},
    Check{"timer-step", FindingLevel::note, "for the record",
          "Latencies come in multiples of the step; differences below it mean nothing.",
          timer_step},
};

}  // namespace

std::span<const Check> clock_checks() noexcept { return kClockChecks; }

}  // namespace busmark

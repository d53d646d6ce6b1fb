// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

constexpr std::string_view kNoDriver =
    "no cpufreq driver here: a hypervisor hides it, or the BIOS decides by itself";

Outcome governor(const Examination& machine) {
  constexpr std::array<std::string_view, 1> kWanted{"performance"};
  // Every CPU counts: others of the same clock domain can hold a core down.
  const auto settings =
      settings_by_cpu(machine, machine.topology.online, "cpufreq/scaling_governor", kWanted);
  if (!settings) return unknown(std::string(kNoDriver));
  if (settings->others.empty()) return ok(settings->text);
  Cure cure = write_cpu_files(machine, settings->others, "cpufreq/scaling_governor", "performance");
  cure.fix = {"cpupower frequency-set -g performance"};
  return warn(settings->text, std::move(cure));
}

Outcome energy_preference(const Examination& machine) {
  constexpr std::array<std::string_view, 1> kPreference{"performance"};
  constexpr std::array<std::string_view, 1> kBias{"0"};
  const auto preference =
      settings_by_cpu(machine, machine.cores, "cpufreq/energy_performance_preference", kPreference);
  const auto bias = settings_by_cpu(machine, machine.cores, "power/energy_perf_bias", kBias);
  if (!preference && !bias) {
    return unknown("neither energy_performance_preference nor energy_perf_bias is present here");
  }
  std::string found;
  Cure cure;
  if (preference) found = preference->text;
  if (bias) found += fmt::format("{}bias {}", found.empty() ? "" : "; ", bias->text);
  if (preference && !preference->others.empty()) {
    cure = write_cpu_files(machine, preference->others, "cpufreq/energy_performance_preference",
                           "performance");
  }
  if (bias && !bias->others.empty()) {
    cure = cure + write_cpu_files(machine, bias->others, "power/energy_perf_bias", "0");
  }
  return cure.fix.empty() ? ok(found) : warn(found, std::move(cure));
}

Outcome boost(const Examination& machine) {
  const std::string cpus = "sys/devices/system/cpu/";
  if (const auto off = machine.first.number(cpus + "intel_pstate/no_turbo")) {
    return note(*off == 0 ? "on (intel_pstate)" : "off (intel_pstate)",
                *off == 0 ? write_file(machine, cpus + "intel_pstate/no_turbo", "1") : Cure{});
  }
  if (const auto on = machine.first.number(cpus + "cpufreq/boost")) {
    return note(*on == 0 ? "off" : "on",
                *on == 0 ? Cure{} : write_file(machine, cpus + "cpufreq/boost", "0"));
  }
  return unknown("neither cpufreq/boost nor intel_pstate/no_turbo is present here");
}

Outcome effective_frequency(const Examination& machine) {
  if (!machine.measured) return unknown(machine.not_measured);
  double low = 1e9;
  double high = 0;
  double drift = 0;
  for (const SpinProbe& probe : machine.measured->cores) {
    if (!probe.problem.empty() || probe.first_ghz <= 0 || probe.last_ghz <= 0) continue;
    low = std::min({low, probe.first_ghz, probe.last_ghz});
    high = std::max({high, probe.first_ghz, probe.last_ghz});
    drift = std::max(drift, std::abs(probe.last_ghz / probe.first_ghz - 1));
  }
  if (high == 0) return unknown("no chosen core could be probed");
  const std::string found =
      fmt::format("{:.2f}-{:.2f} GHz, {:.1f} % drift while spinning", low, high, drift * 100);
  constexpr double kBetweenCores = 0.02;
  constexpr double kOverTime = 0.01;
  if (high <= low * (1 + kBetweenCores) && drift <= kOverTime) return ok(found);
  return warn(found, {{"pin the frequency (governor, frequency-range, boost), see to cooling, and "
                       "keep sibling threads and neighbours idle"}});
}

Outcome frequency_range(const Examination& machine) {
  CpuList wide;
  std::string found;
  std::int64_t highest = 0;
  for (const CpuId cpu : machine.cores) {
    const auto low = machine.first.number(cpu_file(cpu, "cpufreq/scaling_min_freq"));
    const auto high = machine.first.number(cpu_file(cpu, "cpufreq/cpuinfo_max_freq"));
    if (!low || !high) continue;
    highest = std::max(highest, *high);
    if (found.empty()) {
      found = fmt::format("{:.2f}-{:.2f} GHz", static_cast<double>(*low) / 1e6,
                          static_cast<double>(*high) / 1e6);
    }
    if (*low < *high) wide.push_back(cpu);
  }
  if (found.empty()) return unknown(std::string(kNoDriver));
  if (wide.empty()) return ok(found);
  Cure cure = write_cpu_files(machine, wide, "cpufreq/scaling_min_freq", "");
  cure.fix = {fmt::format("cpupower -c {} frequency-set -d {}kHz", format_cpu_list(wide), highest)};
  return note(found + " on " + cpus_text(wide), std::move(cure));
}

Outcome thermal_throttle(const Examination& machine) {
  std::int64_t since_boot = 0;
  std::int64_t now = 0;
  bool known = false;
  for (const CpuId cpu : machine.cores) {
    for (const auto& path :
         machine.first.matching(cpu_file(cpu, "thermal_throttle/*_throttle_count"))) {
      const auto count = machine.first.number(path);
      if (!count) continue;
      known = true;
      since_boot += std::max<std::int64_t>(0, *count);
      now += rise(machine, path).value_or(0);
    }
  }
  if (!known) return unknown("no thermal_throttle counters here; only Intel processors have them");
  const Cure cure{{"see to cooling and power limits; sensors and turbostat show which"}};
  if (now > 0) {
    return fail(fmt::format("{} events in {:.1f} s", now, seconds_between(machine)), cure);
  }
  if (since_boot == 0) return ok("none since boot");
  if (!machine.later)
    return unknown(fmt::format("{} events since boot; {}", since_boot, no_later(machine)));
  return ok(fmt::format("none while measured; {} since boot", since_boot));
}

Outcome mains_power(const Examination& machine) {
  bool known = false;
  for (const auto& path : machine.first.matching("sys/class/power_supply/*/online")) {
    const std::string type = path.substr(0, path.rfind('/')) + "/type";
    if (machine.first.line(type).value_or("") != "Mains") continue;
    if (machine.first.number(path) == 1) return ok("mains");
    known = true;
  }
  if (known) return warn("on battery", {{"plug the power supply in"}});
  return unknown("no mains supply is listed in /sys/class/power_supply, as on most servers");
}

constexpr std::array kPowerChecks{
    Check{"governor", FindingLevel::warn, "performance on every cpu",
          "Other governors lower the frequency between messages; the first one after a pause "
          "meets a slow core.",
          governor},
    Check{"energy-preference", FindingLevel::warn, "performance, bias 0",
          "With intel_pstate and amd_pstate the processor picks its frequency itself and weighs "
          "power against speed by this hint.",
          energy_preference},
    Check{"boost", FindingLevel::note, "either, but the same in every run",
          "Boost is faster, but how long it lasts depends on heat and on how many cores are busy.",
          boost},
    Check{"effective-frequency", FindingLevel::warn, "cores within 2 %, 1 % over time",
          "Measured, as a guest or the BIOS may hide every setting: a frequency that moves moves "
          "every latency with it.",
          effective_frequency},
    Check{"frequency-range", FindingLevel::note, "lowest = highest",
          "What cannot move needs no time to climb.", frequency_range},
    Check{"thermal-throttle", FindingLevel::fail, "no events",
          "A throttled core runs at a fraction of its frequency until it has cooled.",
          thermal_throttle},
    Check{"mains-power", FindingLevel::warn, "mains",
          "On battery the firmware caps frequency and power.", mains_power},
};

}  // namespace

std::span<const Check> power_checks() noexcept { return kPowerChecks; }

}  // namespace busmark

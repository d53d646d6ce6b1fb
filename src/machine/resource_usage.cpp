// SPDX-License-Identifier: Apache-2.0
#include "machine/resource_usage.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/core.h>

namespace busmark {
namespace {

Nanoseconds to_nanoseconds(const timeval& time) noexcept {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

ResourceUsage thread_usage() noexcept {
  // getrusage tells the time up to the last tick, 1 to 10 ms ago; this brings it up to now.
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return {.user = to_nanoseconds(usage.ru_utime),
          .system = to_nanoseconds(usage.ru_stime),
          .voluntary_switches = usage.ru_nvcsw,
          .involuntary_switches = usage.ru_nivcsw,
          .minor_faults = usage.ru_minflt,
          .major_faults = usage.ru_majflt,
          .wall = std::chrono::steady_clock::now().time_since_epoch()};
}

std::vector<CoreSteal> read_steal(std::span<const CpuId> cores, const std::filesystem::path& root) {
  std::vector<CoreSteal> steals;
  for (const CpuId cpu : cores) {
    if (std::none_of(steals.begin(), steals.end(), [&](auto& each) { return each.cpu == cpu; })) {
      steals.push_back({.cpu = cpu, .stolen = std::nullopt});
    }
  }
  const auto ticks_per_second = sysconf(_SC_CLK_TCK);
  std::ifstream file(root / "proc/stat");
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    // user nice system idle iowait irq softirq steal
    std::int64_t ticks[8]{};
    fields >> name;
    for (auto& value : ticks) fields >> value;
    if (!fields) continue;
    for (CoreSteal& each : steals) {
      if (name == fmt::format("cpu{}", index(each.cpu))) {
        each.stolen = Nanoseconds(ticks[7] * (1'000'000'000 / ticks_per_second));
      }
    }
  }
  return steals;
}

std::optional<double> steal_share(std::span<const CoreSteal> before,
                                  std::span<const CoreSteal> after, Nanoseconds wall) noexcept {
  Nanoseconds stolen{};
  std::int64_t known = 0;
  for (const CoreSteal& last : after) {
    const auto first = std::find_if(before.begin(), before.end(),
                                    [&](const CoreSteal& each) { return each.cpu == last.cpu; });
    if (first == before.end() || !first->stolen || !last.stolen) continue;
    // The kernel's counter has been seen to step back after a migration of the guest.
    stolen += std::max(Nanoseconds{}, *last.stolen - *first->stolen);
    ++known;
  }
  if (known == 0 || wall.count() <= 0) return std::nullopt;
  const double available = static_cast<double>(wall.count()) * static_cast<double>(known);
  return std::min(1.0, static_cast<double>(stolen.count()) / available);
}

std::optional<double> read_frequency_mhz(CpuId cpu, const std::filesystem::path& root) {
  std::ifstream file(
      root / fmt::format("sys/devices/system/cpu/cpu{}/cpufreq/scaling_cur_freq", index(cpu)));
  double khz = 0;
  if (!(file >> khz) || khz <= 0) return std::nullopt;
  return khz / 1000;
}

}  // namespace busmark

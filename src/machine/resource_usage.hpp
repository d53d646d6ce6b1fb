// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// What the kernel counts for a thread: a snapshot since its start, or a difference of two.
struct ResourceUsage {
  Nanoseconds user{};                     ///< Time in the program.
  Nanoseconds system{};                   ///< Time in the kernel on its behalf.
  std::int64_t voluntary_switches = 0;    ///< It slept or yielded.
  std::int64_t involuntary_switches = 0;  ///< Something else took its core.
  std::int64_t minor_faults = 0;          ///< Page faults without disk.
  std::int64_t major_faults = 0;          ///< Page faults with disk.
  Nanoseconds wall{};                     ///< Time that passed meanwhile.

  /// Share of the passed time for which the thread had a core, 0..1; 1 when no time passed. A
  /// thread that never sleeps and has its core to itself stays above 0.99.
  [[nodiscard]] double core_share() const noexcept {
    if (wall.count() <= 0) return 1;
    const auto ran = static_cast<double>((user + system).count());
    return std::min(1.0, ran / static_cast<double>(wall.count()));
  }

  ResourceUsage& operator+=(const ResourceUsage& other) noexcept;
  [[nodiscard]] friend ResourceUsage operator-(const ResourceUsage& after,
                                               const ResourceUsage& before) noexcept {
    return {.user = after.user - before.user,
            .system = after.system - before.system,
            .voluntary_switches = after.voluntary_switches - before.voluntary_switches,
            .involuntary_switches = after.involuntary_switches - before.involuntary_switches,
            .minor_faults = after.minor_faults - before.minor_faults,
            .major_faults = after.major_faults - before.major_faults,
            .wall = after.wall - before.wall};
  }
  bool operator==(const ResourceUsage&) const = default;
};

/// Snapshot of the calling thread (getrusage RUSAGE_THREAD), its time up to now; about 1 us.
[[nodiscard]] ResourceUsage thread_usage() noexcept;

/// Time the hypervisor took from one core since boot; empty where the kernel does not say. Its step
/// is one clock tick (commonly 10 ms), and zero proves nothing: guests see gaps without it.
struct CoreSteal {
  CpuId cpu{};
  std::optional<Nanoseconds> stolen;
};

/// Reads `<root>/proc/stat` for the cores, each once, in the order given. Source: proc(5).
[[nodiscard]] std::vector<CoreSteal> read_steal(std::span<const CpuId> cores,
                                                const std::filesystem::path& root = "/");

/// Stolen share of the cores' time between two readings of the same cores `wall` apart, in [0, 1];
/// empty where no core says.
[[nodiscard]] std::optional<double> steal_share(std::span<const CoreSteal> before,
                                                std::span<const CoreSteal> after,
                                                Nanoseconds wall) noexcept;

/// The frequency the kernel reports for a core now; empty where there is no cpufreq driver.
[[nodiscard]] std::optional<double> read_frequency_mhz(CpuId cpu,
                                                       const std::filesystem::path& root = "/");

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/machine.hpp"

namespace busmark {

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

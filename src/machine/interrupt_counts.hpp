// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// What makes the kernel interrupt a core.
enum class InterruptKind : std::uint8_t {
  tick,        ///< The core's own timer: scheduler tick and timers of programs.
  device,      ///< A numbered line of a device.
  cross_call,  ///< Another core asked: reschedule, function call, TLB shootdown.
  other,       ///< NMI, machine check, thermal, hypervisor callback ...
  soft,        ///< A softirq: work left over by the ones above, run on their way out.
};
[[nodiscard]] std::string_view to_string(InterruptKind kind) noexcept;

/// One row of the kernel's table.
struct InterruptRow {
  InterruptKind kind = InterruptKind::other;
  std::string label;  ///< As in the file: `LOC`, `36`, `NET_RX`.
  std::string name;   ///< `tick`, `nvme0q1`, `TLB shootdown`; of softirqs the label.
  std::vector<std::uint32_t> counts;  ///< As `cores`; wraps at 2^32, as the kernel prints it.
};

/// /proc/interrupts or /proc/softirqs at one moment. Rows that do not count by core are left out.
struct InterruptTable {
  std::vector<CpuId> cores;
  std::vector<InterruptRow> rows;
};

/// What one row counted on one core between two readings.
struct InterruptCount {
  InterruptKind kind = InterruptKind::other;
  std::string label;
  std::string name;
  std::uint64_t count = 0;
};

/// Source of the format: proc(5), Linux kernel/irq/proc.c. What is no such table gives no rows;
/// `soft` says which of the two files it is, as a softirq's label tells nothing else.
[[nodiscard]] InterruptTable parse_interrupts(std::string_view text, bool soft);

/// Read below `root`; a file that is absent or forbidden gives no rows, as in many containers.
[[nodiscard]] InterruptTable read_interrupts(const std::filesystem::path& root = "/");
[[nodiscard]] InterruptTable read_softirqs(const std::filesystem::path& root = "/");

/// Rows that counted on `cpu` between the two readings, the most frequent first. A counter that
/// wrapped is followed; one that went back by more than half its range began anew, as that of a
/// device that was plugged in meanwhile, and counts from 0.
[[nodiscard]] std::vector<InterruptCount> interrupts_between(const InterruptTable& before,
                                                             const InterruptTable& after,
                                                             CpuId cpu);

}  // namespace busmark

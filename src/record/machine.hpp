// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "base/build_info.hpp"

namespace busmark {

/// Whether the memory of the process lies in huge pages (2 MiB on x86-64) as far as it can.
enum class HugePages : std::uint8_t {
  system,  ///< As the system is set: /sys/kernel/mm/transparent_hugepage/enabled.
  on,
  off,
};
[[nodiscard]] std::string_view to_string(HugePages pages) noexcept;

/// One attempt to quieten the process or a thread: a value for the report, never an error.
struct TuningStep {
  std::string name;  ///< As in the result: `mlockall`, `timer_slack`, `cpu_dma_latency`, ...
  bool done = false;
  std::string detail;  ///< What holds now, or why not and what would help.
};

/// Facts about the machine and the program that go with every result. What cannot be read is empty:
/// absent means unknown, never a default.
struct Environment {
  BuildInfo build;
  std::string host;
  std::string cpu_model;
  int online_cpus = 0;
  std::string kernel;        ///< `uname -sr`.
  std::string kernel_build;  ///< `uname -v`: tells the preemption model.
  std::string architecture;
  std::optional<bool> virtual_machine;
  std::string clocksource;  ///< The kernel's own.
  std::string governor;     ///< Of cpu 0.
  std::string smt;          ///< `on`, `off`, `notsupported` ...
  std::string isolated_cpus;
  std::string transparent_huge_pages;
  std::optional<long> realtime_budget_us;  ///< kernel.sched_rt_runtime_us; -1 is no limit.
  std::optional<double> load_average;      ///< One minute, before the run.
};

/// What the kernel counts for a thread: a snapshot since its start, or a difference of two.
struct ResourceUsage {
  Nanoseconds user{};                     ///< Time in the program.
  Nanoseconds system{};                   ///< Time in the kernel on its behalf.
  std::int64_t voluntary_switches = 0;    ///< It slept or yielded.
  std::int64_t involuntary_switches = 0;  ///< Something else took its core.
  std::int64_t minor_faults = 0;          ///< Page faults without disk.
  std::int64_t major_faults = 0;          ///< Page faults with disk.
  Nanoseconds wall{};                     ///< Time that passed meanwhile.

  /// Share of the passed time for which the thread had a core, 0..1; 1 when too little time passed
  /// for a share. A thread that never sleeps and has its core to itself
  /// stays above 0.99.
  [[nodiscard]] double core_share() const noexcept {
    constexpr Nanoseconds kLeast = std::chrono::milliseconds(2);
    if (wall < kLeast) return 1;
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

/// What a thread that does nothing but look at the clock saw on one core: what a consumer that
/// spins there would have suffered at least.
struct SpinProbe {
  CpuId cpu{};
  std::string problem;            ///< Why the core could not be probed; empty when it was.
  Nanoseconds wall{};             ///< Length of the probe.
  std::vector<Nanoseconds> gaps;  ///< Looks further apart than kLeastGap, in order of time.
  std::uint64_t gaps_not_kept = 0;
  ResourceUsage usage;   ///< Over the same time.
  double first_ghz = 0;  ///< Effective frequency just before and just after; 0: unknown.
  double last_ghz = 0;
};

/// How far apart two cores are at this moment, by measurement: the names follow the one-way time of
/// a cache line. The kernel's topology cannot tell, for a hypervisor moves virtual CPUs about.
enum class Distance : std::uint8_t {
  same_cpu,  ///< One core serves both roles: nothing to measure.
  close,     ///< Below 18 ns one way, as SMT siblings.
  near,      ///< Below 115 ns, as cores under one last-level cache.
  far,       ///< Anything slower, as cores of different cache domains or sockets.
};
[[nodiscard]] std::string_view to_string(Distance distance) noexcept;

/// One measurement between two cores. The worst pair stands for a group of cores.
struct Witness {
  CpuId from{};
  CpuId to{};
  double one_way_ns = 0;       ///< Half the median round trip of one cache line; 0 on one core.
  double clock_offset_ns = 0;  ///< Clock of `to` minus clock of `from`, best estimate.
  double clock_bound_ns = 0;   ///< The true offset lies within this of the estimate.

  [[nodiscard]] Distance distance() const noexcept;
};

/// What the instrument itself costs on this machine, in nanoseconds: medians, measured at start on
/// the calling thread with warm caches, so the least that a run can pay. The loops are those of the
/// engine, driven over endpoints that hand over nothing.
struct SelfOverhead {
  double clock_read = 0;          ///< Clock::now.
  double ordered_clock_read = 0;  ///< Clock::now_after_loads.
  double pacing_step = 0;         ///< Next due time and one look whether it has come.
  double record = 0;              ///< One histogram record.
  double audit_step = 0;          ///< One sequence number.
  double null_publish = 0;        ///< Producer's open loop per message, pacing statistics included.
  double null_receive = 0;        ///< Consumer's loop per message: stamp, audit, two records.
  double idle_turn = 0;           ///< One turn of the consumer's loop that finds nothing.

  /// The engine's share of one message on both sides together.
  [[nodiscard]] double null_message() const noexcept { return null_publish + null_receive; }
};

}  // namespace busmark

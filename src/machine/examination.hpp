// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/build_info.hpp"
#include "machine/kernel_snapshot.hpp"
#include "machine/probe/spin_probe.hpp"
#include "machine/probe/witness.hpp"
#include "machine/topology.hpp"

namespace busmark {

/// What only measuring tells.
struct Measurements {
  ClockInfo clock;
  std::vector<Witness> before;  ///< First chosen core to each other one, before the probe ...
  std::vector<Witness> after;   ///< ... and the same pairs after it.
  std::vector<SpinProbe> cores;
  std::optional<double> memory_ns;  ///< One load that misses every cache.
  ByteCount memory_size;            ///< Through how much memory.
  std::string hypervisor;           ///< As it calls itself: `KVM`; empty where there is none.
};

struct ExaminationOptions {
  std::filesystem::path root = "/";
  std::vector<CpuId> cores =
      {};  ///< Empty: those that a run of one producer and one consumer takes.
  Nanoseconds probe = std::chrono::seconds(1);  ///< 0: read files only.
  bool sleeps = false;                          ///< Threads will wait in the kernel.
  bool realtime = false;                        ///< Threads will be SCHED_FIFO.
};

/// Everything that `busmark doctor` judges: a value, so that its checks are pure.
struct Examination {
  std::vector<CpuId> cores;  ///< Those to be judged, ascending.
  Topology topology;
  KernelSnapshot first;
  /// The counters a little later; empty for one moment only.
  std::optional<KernelSnapshot> later;
  Nanoseconds between{};
  std::optional<Measurements> measured;
  std::string not_measured;  ///< Why `measured` is empty.
  BuildInfo build;
  bool sleeps = false;
  bool realtime = false;

  /// Online CPUs that are not to be judged: the place for everything else.
  [[nodiscard]] std::vector<CpuId> housekeeping() const;
};

/// Reads the machine below the root; on the live one also spins on the chosen cores. A recorded
/// tree may hold its counters a second time in `after/`, with /proc/uptime in both. Needs no
/// privilege and changes nothing. Throws SetupError when a core does not exist.
[[nodiscard]] Examination examine(const ExaminationOptions& options);

/// Reads the counters of an examination of the live machine once more, `between` after the first
/// time: what happened meanwhile.
void examine_again(Examination& examination, Nanoseconds between);

/// Files that are read once, and the counters among them that are read again; `cgroups` as below.
[[nodiscard]] std::vector<std::string> examined_files(const std::vector<std::string>& cgroups);
[[nodiscard]] std::vector<std::string> examined_counters(const std::vector<std::string>& cgroups);

/// Folders below the root of the groups that limit this process's CPU time and cores, its own first
/// and its ancestors after it, from the text of /proc/self/cgroup: versions 1 and 2.
[[nodiscard]] std::vector<std::string> cgroup_folders(std::string_view text);

}  // namespace busmark

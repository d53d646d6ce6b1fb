// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// Binds the calling thread to one core and checks that it now runs there (sched_getaffinity and
/// getcpu). Throws SetupError when the core cannot be had.
///
/// A new thread inherits its creator's mask, so every thread calls this first of all: beside a
/// pinned creator one that forgets would share its core, and under SCHED_FIFO never run at all.
void pin_this_thread(CpuId cpu);

/// Gives the calling thread a set of cores, for helpers that no measured core should carry. Throws
/// SetupError when the kernel refuses or `cpus` is empty.
void pin_this_thread(const std::vector<CpuId>& cpus);

/// Name in `top -H` and in debuggers; the kernel keeps the first 15 bytes.
void name_this_thread(std::string_view name) noexcept;

/// Cores the calling thread may run on, ascending; works beyond 1024 CPUs. Throws SetupError when
/// the kernel does not answer.
[[nodiscard]] std::vector<CpuId> allowed_cpus();

/// Restores the calling thread's affinity on destruction.
class AffinityGuard {
 public:
  AffinityGuard() : before_(allowed_cpus()) {}
  ~AffinityGuard();
  AffinityGuard(const AffinityGuard&) = delete;
  AffinityGuard& operator=(const AffinityGuard&) = delete;

 private:
  std::vector<CpuId> before_;
};

}  // namespace busmark

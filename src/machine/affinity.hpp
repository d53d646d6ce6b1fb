// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
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

/// Cores that the kernel would let the calling thread run on, whatever mask it has inherited: those
/// of its cpuset. Found by asking for all of `online` for a moment. Where the kernel does not grant
/// that, allowed_cpus(). Throws as that does.
[[nodiscard]] std::vector<CpuId> reachable_cpus(const std::vector<CpuId>& online);

/// The core that a thread was pinned to, and what is left of that later. Made beforehand, so that
/// taking it allocates nothing.
class WitnessedPin {
 public:
  WitnessedPin();
  void pinned(std::string thread, CpuId cpu) {
    thread_ = std::move(thread);
    pin_ = cpu;
  }
  /// Where the calling thread may run and runs: two system calls.
  void take() noexcept;

  [[nodiscard]] const std::string& thread() const noexcept { return thread_; }
  [[nodiscard]] CpuId pin() const noexcept { return pin_; }
  /// Meaningless before take().
  [[nodiscard]] CpuId cpu() const noexcept { return CpuId{cpu_}; }
  [[nodiscard]] std::vector<CpuId> allowed() const;
  /// False where nothing was taken.
  [[nodiscard]] bool moved() const;

 private:
  std::string thread_;
  CpuId pin_{};
  std::vector<unsigned long> words_;
  int cpu_ = -1;
};

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

// SPDX-License-Identifier: Apache-2.0
#include "machine/affinity.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

namespace busmark {
namespace {

/// A CPU mask of any size: the fixed cpu_set_t ends at 1024.
class Mask {
 public:
  explicit Mask(std::size_t cpus) : words_((cpus + kBits - 1) / kBits) {}

  [[nodiscard]] std::size_t bytes() const { return words_.size() * sizeof(unsigned long); }
  [[nodiscard]] cpu_set_t* get() { return reinterpret_cast<cpu_set_t*>(words_.data()); }
  void set(std::size_t cpu) { words_[cpu / kBits] |= 1UL << (cpu % kBits); }
  [[nodiscard]] std::vector<CpuId> list() const {
    std::vector<CpuId> cpus;
    for (std::size_t cpu = 0; cpu < words_.size() * kBits; ++cpu) {
      if ((words_[cpu / kBits] >> (cpu % kBits) & 1) != 0)
        cpus.push_back(CpuId{static_cast<int>(cpu)});
    }
    return cpus;
  }

 private:
  static constexpr std::size_t kBits = 8 * sizeof(unsigned long);
  std::vector<unsigned long> words_;
};

}  // namespace

std::vector<CpuId> allowed_cpus() {
  // The kernel answers EINVAL until the mask holds all the CPUs it was built for.
  constexpr std::size_t kMost = std::size_t{1} << 17;
  for (std::size_t size = 1024; size <= kMost; size *= 2) {
    Mask mask(size);
    if (sched_getaffinity(0, mask.bytes(), mask.get()) == 0) return mask.list();
    if (errno != EINVAL) break;
  }
  throw SetupError(fmt::format("cannot read the CPU affinity: {}", std::strerror(errno)));
}

void pin_this_thread(const std::vector<CpuId>& cpus) {
  if (cpus.empty()) throw SetupError("cannot pin a thread to an empty set of cpus");
  const auto [lowest, highest] = std::minmax_element(cpus.begin(), cpus.end());
  if (index(*lowest) < 0) throw SetupError(fmt::format("cpu {} does not exist", index(*lowest)));
  Mask mask(static_cast<std::size_t>(index(*highest)) + 1);
  for (const CpuId cpu : cpus) mask.set(static_cast<std::size_t>(index(cpu)));
  if (sched_setaffinity(0, mask.bytes(), mask.get()) != 0) {
    throw SetupError(fmt::format(
        "cannot run on cpu {}: {}; it must exist, be online and be in this process's cpuset "
        "(taskset -p $$)",
        index(cpus.front()), std::strerror(errno)));
  }
}

void pin_this_thread(CpuId cpu) {
  pin_this_thread(std::vector{cpu});
  // A cgroup may have cut the mask down, and the kernel then says yes all the same.
  if (const auto granted = allowed_cpus(); granted != std::vector{cpu}) {
    throw SetupError(fmt::format("pinned to cpu {}, but the kernel granted another set of {} cpus",
                                 index(cpu), granted.size()));
  }
  unsigned int current = 0;
  if (getcpu(&current, nullptr) != 0 || static_cast<int>(current) != index(cpu)) {
    throw SetupError(
        fmt::format("pinned to cpu {}, but the thread runs on cpu {}", index(cpu), current));
  }
}

void name_this_thread(std::string_view name) noexcept {
  char text[16]{};
  const std::size_t length = std::min(name.size(), sizeof text - 1);
  std::copy_n(name.begin(), length, text);
  pthread_setname_np(pthread_self(), text);
}

AffinityGuard::~AffinityGuard() {
  try {
    pin_this_thread(before_);
  } catch (const SetupError&) {
    // The cpuset shrank meanwhile: the thread stays where it may be.
  }
}

}  // namespace busmark

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

// A CPU mask of any size: the fixed cpu_set_t ends at 1024.
using Mask = std::vector<unsigned long>;
constexpr std::size_t kBits = 8 * sizeof(Mask::value_type);

Mask mask_of(std::size_t cpus) { return Mask((cpus + kBits - 1) / kBits); }
std::size_t bytes(const Mask& mask) { return mask.size() * sizeof(Mask::value_type); }
cpu_set_t* as_set(Mask& mask) { return reinterpret_cast<cpu_set_t*>(mask.data()); }

std::vector<CpuId> list_of(const Mask& mask) {
  std::vector<CpuId> cpus;
  for (std::size_t cpu = 0; cpu < mask.size() * kBits; ++cpu) {
    if ((mask[cpu / kBits] >> (cpu % kBits) & 1) != 0) cpus.push_back(CpuId{static_cast<int>(cpu)});
  }
  return cpus;
}

/// Of the calling thread, in the size that the kernel takes.
Mask read_mask() {
  // The kernel answers EINVAL until the mask holds all the CPUs it was built for.
  constexpr std::size_t kMost = std::size_t{1} << 17;
  for (std::size_t size = 1024; size <= kMost; size *= 2) {
    Mask mask = mask_of(size);
    if (sched_getaffinity(0, bytes(mask), as_set(mask)) == 0) return mask;
    if (errno != EINVAL) break;
  }
  throw SetupError(fmt::format("cannot read the CPU affinity: {}", std::strerror(errno)));
}

}  // namespace

std::vector<CpuId> allowed_cpus() { return list_of(read_mask()); }

std::vector<CpuId> reachable_cpus(const std::vector<CpuId>& online) {
  const AffinityGuard back;
  try {
    pin_this_thread(online);
  } catch (const SetupError&) {
    // It stays where it is, and may go where it may.
  }
  return allowed_cpus();
}

WitnessedPin::WitnessedPin() : words_(read_mask()) {}

void WitnessedPin::take() noexcept {
  unsigned int current = 0;
  const bool read =
      sched_getaffinity(0, bytes(words_), as_set(words_)) == 0 && getcpu(&current, nullptr) == 0;
  cpu_ = read ? static_cast<int>(current) : -1;
}

std::vector<CpuId> WitnessedPin::allowed() const { return list_of(words_); }

bool WitnessedPin::moved() const {
  return cpu_ >= 0 && (cpu() != pin_ || allowed() != std::vector{pin_});
}

void pin_this_thread(const std::vector<CpuId>& cpus) {
  if (cpus.empty()) throw SetupError("cannot pin a thread to an empty set of cpus");
  const auto [lowest, highest] = std::minmax_element(cpus.begin(), cpus.end());
  if (index(*lowest) < 0) throw SetupError(fmt::format("cpu {} does not exist", index(*lowest)));
  Mask mask = mask_of(static_cast<std::size_t>(index(*highest)) + 1);
  for (const CpuId cpu : cpus) {
    const auto bit = static_cast<std::size_t>(index(cpu));
    mask[bit / kBits] |= 1UL << (bit % kBits);
  }
  if (sched_setaffinity(0, bytes(mask), as_set(mask)) != 0) {
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

// SPDX-License-Identifier: Apache-2.0
#include "engine/thread_setup.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "base/cpu_ranges.hpp"
#include "machine/topology.hpp"

namespace busmark {

ThreadSetup::ThreadSetup(std::string_view role, std::uint32_t index, CpuId cpu, bool realtime,
                         WaitStrategy wait) {
  name_this_thread(fmt::format("{}-{}", role, index));
  pin_this_thread(cpu);
  steps_ = {set_timer_slack(), prefault_stack()};
  if (realtime) {
    realtime_.emplace(wait != WaitStrategy::park);
    steps_.push_back(realtime_->step());
  }
}

std::string why_moved(const std::string& thread, CpuId pin, const std::vector<CpuId>& allowed,
                      CpuId cpu, const CoresNow& now) {
  const auto among = [&](const std::vector<CpuId>& cpus) {
    return std::find(cpus.begin(), cpus.end(), pin) != cpus.end();
  };
  const bool kept = allowed == std::vector{pin};
  std::string text = fmt::format("{} was pinned to cpu {} and ", thread, index(pin));
  if (kept) return text + fmt::format("was found on cpu {}", index(cpu));
  text += fmt::format("may run on cpu {} now: ", cpu_ranges(allowed));
  if (!among(now.online)) return text + fmt::format("cpu {} went offline", index(pin));
  if (!among(now.reachable)) {
    return text + fmt::format("the cpuset of the process was cut to {}", cpu_ranges(now.reachable));
  }
  return text + "somebody changed its affinity, as taskset does";
}

std::string moved_threads(const std::vector<WitnessedPin>& pins) {
  const auto moved = [](const WitnessedPin& pin) { return pin.moved(); };
  const auto first = std::find_if(pins.begin(), pins.end(), moved);
  if (first == pins.end()) return {};
  CoresNow now;
  now.online = read_topology().online;
  now.reachable = reachable_cpus(now.online);
  std::string text = why_moved(first->thread(), first->pin(), first->allowed(), first->cpu(), now);
  const auto more = std::count_if(first + 1, pins.end(), moved);
  if (more > 0) text += fmt::format("; so with {} other thread{}", more, more == 1 ? "" : "s");
  return text;
}

}  // namespace busmark

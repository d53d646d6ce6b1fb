// SPDX-License-Identifier: Apache-2.0
#include "engine/thread_setup.hpp"

#include <fmt/core.h>

#include "machine/affinity.hpp"

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

}  // namespace busmark

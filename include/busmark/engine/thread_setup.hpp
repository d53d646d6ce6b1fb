// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "busmark/core/process_tuning.hpp"
#include "busmark/core/units.hpp"

namespace busmark {

/// Makes the calling thread a measured one: name, core (verified), timer slack, stack touched and, if
/// asked, real-time priority. Throws SetupError when the core cannot be had. Lives as long as the
/// worker.
class ThreadSetup {
 public:
  ThreadSetup(std::string_view role, std::uint32_t index, CpuId cpu, bool realtime);

 private:
  std::optional<RealtimePriority> realtime_;
};

}  // namespace busmark

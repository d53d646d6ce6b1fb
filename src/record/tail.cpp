// SPDX-License-Identifier: Apache-2.0
#include "record/tail.hpp"

namespace busmark {

std::string_view to_string(SlowCause cause) noexcept {
  switch (cause) {
    case SlowCause::fault: return "fault";
    case SlowCause::stopped: return "stopped";
    case SlowCause::host: return "host";
    case SlowCause::preempted: return "preempted";
    case SlowCause::page_faults: return "page faults";
    case SlowCause::sent_late: return "sent late";
    case SlowCause::unknown: break;
  }
  return "unknown";
}

}  // namespace busmark

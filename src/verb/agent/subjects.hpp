// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace busmark::agents {

inline constexpr const char* kHello = "busmark.hello";
[[nodiscard]] inline std::string agent_subject(const std::string& id) {
  return "busmark.agent." + id;
}
[[nodiscard]] inline std::string reply_subject(const std::string& run) {
  return "busmark.coordinator." + run;
}

}  // namespace busmark::agents

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace busmark {

/// A file that `busmark plugin new` writes.
struct ScaffoldFile {
  std::string name;
  std::string text;
};

/// What a queue of one's own begins with: the adapter around a ring that works, and a config that
/// measures it beside queue/spsc. `name` is one of a plugin. Pure.
[[nodiscard]] std::vector<ScaffoldFile> queue_scaffold(const std::string& name);

/// The line that builds it.
[[nodiscard]] std::string build_line(const std::string& name);

}  // namespace busmark

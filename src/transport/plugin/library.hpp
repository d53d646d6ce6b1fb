// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "busmark/plugin.h"

namespace busmark {

/// The table of a plugin's library, read into this process and checked. Throws SetupError with what
/// is wrong and what to do. The library stays loaded. May crash or block where the library does:
/// run it in a guard first.
[[nodiscard]] busmark_plugin read_plugin_table(const std::string& file);

/// The same for a table at hand, of which `table.size` bytes are there.
[[nodiscard]] busmark_plugin check_plugin_table(const busmark_plugin* table,
                                                const std::string& file);

}  // namespace busmark

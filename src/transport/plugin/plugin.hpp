// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "busmark/plugin.h"

#include "record/plugin/plugin.hpp"
#include "transport/transport.hpp"

namespace busmark {

/// A plugin that was loaded. It stays until the process ends, and at its place.
struct Plugin {
  busmark_plugin table;   ///< A copy; null where the library's is too old to have a function.
  PluginReport report;    ///< Whose `name` the user chose.
  std::string transport;  ///< `plugin/NAME`.
  std::string summary;
};

/// Loads and checks the library, first in a process of its own, where it also opens a bus with one
/// endpoint of each kind: what crashes, throws or blocks there is told by the step. Returns the one
/// that is there where the same was loaded before. Throws SetupError with one sentence; nothing of
/// the plugin is used then. Before any other thread exists.
const Plugin& load_plugin(const PluginChoice& choice);

/// By `plugin/NAME`; null when there is none. From any thread, as the next, once all are loaded.
[[nodiscard]] const Plugin* find_plugin(std::string_view transport) noexcept;

/// What the plan checks a scenario against. Its texts live as long as the plugin.
[[nodiscard]] TransportInfo info_of(const Plugin& plugin);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/live_progress.hpp"
#include "engine/phase.hpp"
#include "record/plugin/plugin.hpp"
#include "record/repetition.hpp"
#include "transport/transport.hpp"

namespace busmark {

struct RepetitionPlan;

/// A transport behind one function pointer: the only dynamic dispatch, once per repetition.
struct TransportEntry {
  TransportInfo info;
  RepetitionResult (*run)(const RepetitionPlan& plan, const StopFlag& stop, LiveProgress& live);
  /// Why it cannot be used on this machine, with the cure; empty when it can.
  std::string (*why_unavailable)(const RunOptions& options);
  /// Where its server runs or will run; only where it has one.
  ServerPlace (*server_place)(const RunOptions& options);
  bool one_core = false;  ///< Works on the first producer's core alone.
};

/// Every transport of all_transports.hpp, in that order; plugins are not among them.
[[nodiscard]] std::span<const TransportEntry> all_transport_entries() noexcept;
/// Null when there is none of that name, plugins included.
[[nodiscard]] const TransportEntry* find_transport(std::string_view name) noexcept;
/// Loads a plugin, which is then `plugin/NAME` for find_transport(). As load_plugin().
const TransportEntry& add_plugin(const PluginChoice& choice);
[[nodiscard]] std::vector<std::string> transport_names();

}  // namespace busmark

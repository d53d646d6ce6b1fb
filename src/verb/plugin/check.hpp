// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/plugin.h"

#include "transport/plugin/guard.hpp"

namespace busmark {

/// One promise of plugin.h, and what became of it.
struct PluginCheck {
  std::string promise;              ///< `messages arrive once, in order, lap after lap`
  std::vector<std::string> broken;  ///< Sentences; empty: it is kept.
  std::vector<std::string> notes;   ///< What is to be known all the same.
};

/// Tries every promise, each in a process of its own, so that a crash or a call that never returns
/// is one finding. After such a call the rest is not tried: it would not return either.
/// `at_most`: for one promise. The process has one thread.
[[nodiscard]] std::vector<PluginCheck> check_plugin(const busmark_plugin& table,
                                                    Nanoseconds at_most);

// The promises. Each says what it finds to `steps`.
void check_order(const busmark_plugin& table, const GuardSteps& steps);
void check_full(const busmark_plugin& table, const GuardSteps& steps);
void check_empty(const busmark_plugin& table, const GuardSteps& steps);
void check_batches(const busmark_plugin& table, const GuardSteps& steps);
void check_endpoints_again(const busmark_plugin& table, const GuardSteps& steps);
void check_left_inside(const busmark_plugin& table, const GuardSteps& steps);
void check_payloads(const busmark_plugin& table, const GuardSteps& steps);
void check_threads(const busmark_plugin& table, const GuardSteps& steps);
void check_waiting(const busmark_plugin& table, const GuardSteps& steps);
void check_allocations(const busmark_plugin& table, const GuardSteps& steps);

}  // namespace busmark

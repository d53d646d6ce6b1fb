// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.hpp"

namespace busmark {

/// The program as a tree of verbs, from which the command line is read and whatever tells of it is
/// written. Each `--help` is a row of its own.
[[nodiscard]] Verb whole_program();

/// The verbs, each with targets of its own. Which there are, and their order: all.cpp.
[[nodiscard]] Verb run_verb();
[[nodiscard]] Verb plan_verb();
[[nodiscard]] Verb list_verb();
[[nodiscard]] Verb ab_verb();
[[nodiscard]] Verb search_verb();
[[nodiscard]] Verb soak_verb();
[[nodiscard]] Verb tune_verb();
[[nodiscard]] Verb profile_verb();
[[nodiscard]] Verb compare_verb();
[[nodiscard]] Verb baseline_verb();
[[nodiscard]] Verb report_verb();
[[nodiscard]] Verb history_verb();
[[nodiscard]] Verb hist_verb();
[[nodiscard]] Verb plugin_verb();
[[nodiscard]] Verb cores_verb();
[[nodiscard]] Verb noise_verb();
[[nodiscard]] Verb self_test_verb();
[[nodiscard]] Verb doctor_verb();
[[nodiscard]] Verb agent_verb();
[[nodiscard]] Verb generate_verb();

}  // namespace busmark

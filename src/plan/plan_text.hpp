// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "record/plan.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// Reads a config as `busmark run` does: loads its plugins, overrides, sweeps, selects, scales.
/// Throws ConfigError with everything that is wrong. `foreign`: it has come over a network, and
/// names no library for this machine to load.
[[nodiscard]] RunConfig read_plan_text(const PlanText& plan, bool foreign = false);

/// `--plugin`: `./mine.so` or `mine=./mine.so`. Throws ConfigError.
[[nodiscard]] PluginChoice parse_plugin(const std::string& text);

/// The same without what must not lie about: user, password and token are blotted out, in the file
/// as on the command line. Nothing where one of them cannot be found in the text, as with an escape
/// in it.
[[nodiscard]] std::optional<PlanText> without_secrets(const PlanText& plan,
                                                      const RunConfig& config);

/// Where two plans differ, as a clause; empty where they are the same.
[[nodiscard]] std::string difference(const PlanText& before, const PlanText& now);

}  // namespace busmark

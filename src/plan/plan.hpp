// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "busmark/base/clock.hpp"

#include "machine/topology.hpp"
#include "record/plan.hpp"
#include "record/scenario.hpp"

namespace busmark {

/// Resolves transports and cores. Throws SetupError or ConfigError when a scenario cannot run here.
[[nodiscard]] RunPlan make_plan(const RunConfig& config, const Topology& topology);

/// The cycle counter, unless those of the plan's cores disagree by more than a measurement can
/// excuse: then `clock_gettime`, which the kernel keeps in step. Takes 100 ms and 2 ms per core.
[[nodiscard]] Clock choose_clock(const RunPlan& plan);

}  // namespace busmark

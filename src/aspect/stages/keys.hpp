// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/sweep.hpp"

namespace busmark {

/// Brings the stages of a scenario, its duration and its interval into agreement, as docs/config.md
/// has it, and reports what the scenario does not allow. `layers` are those it was read from, the
/// command line's last.
void settle_stages(const std::vector<const Layer*>& layers, Scenario& scenario, Problems& problems);

/// The same after every stage was made longer or shorter.
void settle_lengths(Scenario& scenario);

}  // namespace busmark

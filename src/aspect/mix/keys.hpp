// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/sweep.hpp"

namespace busmark {

/// Reports what a scenario with a mix does not allow.
void check_mix(const std::vector<const Layer*>& layers, const Scenario& scenario,
               Problems& problems);

}  // namespace busmark

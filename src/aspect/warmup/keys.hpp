// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/sweep.hpp"

namespace busmark {

/// Tells where a warm-up that ends by rule cannot be had.
void check_warmup(const std::vector<const Layer*>& layers, const Scenario& scenario,
                  Problems& problems);

}  // namespace busmark

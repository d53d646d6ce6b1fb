// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "busmark/base/units.hpp"

#include "machine/topology.hpp"

namespace busmark {

/// The cores of `--cores 2,4-7`, in that order; all usable ones where `text` is empty. Throws
/// ConfigError for what is no list, and for a core that is named twice or cannot be used.
[[nodiscard]] std::vector<CpuId> parse_cores(const std::string& text, const Topology& topology);

}  // namespace busmark

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

/// The duration of an option, from `least` to `most`. Throws ConfigError that names `flag`.
[[nodiscard]] Nanoseconds parse_duration_option(const std::string& text, Nanoseconds least,
                                                const std::string& flag,
                                                Nanoseconds most = std::chrono::hours(1));

}  // namespace busmark

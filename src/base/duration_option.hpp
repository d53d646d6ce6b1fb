// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "busmark/base/units.hpp"

namespace busmark {

/// The duration of an option, from `least` to `most`. Throws ConfigError that names `flag`.
[[nodiscard]] Nanoseconds parse_duration_option(const std::string& text, Nanoseconds least,
                                                const std::string& flag,
                                                Nanoseconds most = std::chrono::hours(1));

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "busmark/base/units.hpp"

namespace busmark {

// Percentiles that reports show by name.
inline constexpr Percentile kP50{500'000};
inline constexpr Percentile kP95{950'000};
inline constexpr Percentile kP99{990'000};
inline constexpr Percentile kP999{999'000};
inline constexpr Percentile kP9999{999'900};

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "verb/selftest/judge.hpp"

namespace busmark {

/// One table: every case with every figure programmed, measured, their difference and the largest
/// that an honest engine may show; then one line that says what all of it means. Pure.
[[nodiscard]] std::string write_self_test_text(const SelfTestResult& result);

/// What the instrument costs, a line each. `typical_p50` is what its own share is set against; 0
/// leaves the share out. Pure.
[[nodiscard]] std::string write_self_overhead_text(const SelfTestCosts& costs,
                                                   Nanoseconds typical_p50);

}  // namespace busmark

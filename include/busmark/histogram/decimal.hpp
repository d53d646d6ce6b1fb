// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace busmark {

/// `value` with `decimals` decimals as Java's Formatter prints it: the shortest decimal that
/// reads back as the same double, rounded half up. printf rounds the exact binary value instead and
/// differs in a digit here and there, which would break byte-for-byte comparison of HdrHistogram
/// files. `value` must be finite and not negative.
[[nodiscard]] std::string format_half_up(double value, int decimals);

}  // namespace busmark

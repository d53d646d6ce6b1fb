// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace busmark {

/// Writes to standard output. A reader that has gone away (`| head`) is no error; any other failure
/// throws SetupError.
void print(std::string_view text);

/// `busmark: <sentence>` on standard error.
void print_error(std::string_view sentence);

/// Whether results may be coloured: standard output is a terminal that knows colours and NO_COLOR
/// (no-color.org) is not set.
[[nodiscard]] bool color_wanted();

}  // namespace busmark

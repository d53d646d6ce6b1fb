// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace busmark {

/// Writes to standard output. A reader that has gone away (`| head`) is no error; any other failure
/// throws SetupError.
void print(std::string_view text);

/// `busmark: <sentence>` on standard error.
void print_error(std::string_view sentence);

/// Whether `file` is a terminal that obeys escape sequences, which TERM=dumb does not.
[[nodiscard]] bool can_rewrite_lines(int file);

/// Whether results may be coloured: standard output is such a terminal and NO_COLOR (no-color.org)
/// is not set.
[[nodiscard]] bool color_wanted();

/// Call first of all: a closed standard file would hand its number, and with it what is printed, to
/// the next file that is opened. Throws SetupError when standard output is closed; the others are
/// replaced by /dev/null.
void require_standard_files();

}  // namespace busmark

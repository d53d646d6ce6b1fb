// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace busmark {

/// SHA-256 (FIPS 180-4) of what a file holds, in lower-case hexadecimal. Throws SetupError when it
/// cannot be read.
[[nodiscard]] std::string sha256_of_file(const std::string& file);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/arguments.hpp"

namespace busmark {

/// Page of section 1 in man(7).
[[nodiscard]] std::string write_man_page(const Verb& program, const std::string& version);

}  // namespace busmark

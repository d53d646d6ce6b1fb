// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "cli/arguments.hpp"

namespace busmark {

/// What a shell can offer for a value.
enum class ValueKind : std::uint8_t { none, file, config, folder };

[[nodiscard]] ValueKind kind_of(const Argument& argument);

/// Scripts that complete the command line, for the shell's folder of completions.
[[nodiscard]] std::string write_bash_completion(const Verb& program);
[[nodiscard]] std::string write_zsh_completion(const Verb& program);
[[nodiscard]] std::string write_fish_completion(const Verb& program);

}  // namespace busmark

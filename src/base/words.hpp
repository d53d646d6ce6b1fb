// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace busmark {

/// Words of a text, cut at spaces, tabs and newlines. They point into it.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

/// Parts of a text between its commas, as they are; at least one. They point into it.
[[nodiscard]] std::vector<std::string_view> split_list(std::string_view text);

/// `text` without the spaces, tabs and newlines around it.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// Of ASCII, whatever the locale.
[[nodiscard]] constexpr bool is_digit(char letter) noexcept {
  return letter >= '0' && letter <= '9';
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace busmark {

/// Text of unknown origin made safe to show in a message: in double quotes, control characters and
/// bytes that are no UTF-8 as `\x1b`, cut after `limit` characters with `...`.
[[nodiscard]] std::string in_quotes(std::string_view text, std::size_t limit = 40);

/// Bytes of the well-formed UTF-8 character at the front of `text` (Unicode 15, table 3-7); 0 where
/// there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace busmark {

/// `text` becomes standard base64 (RFC 4648, section 4) with padding, in one line.
void to_base64(std::span<const std::uint8_t> bytes, std::string& text);

/// Its inverse; takes the characters of section 5 (`-_` for `+/`) too, and needs no pad. Throws
/// HistogramFormatError for a foreign character, and where a character is missing.
[[nodiscard]] std::vector<std::uint8_t> from_base64(std::string_view text);

/// Whether `text` is nothing but base64, and of at least one character.
[[nodiscard]] bool is_base64(std::string_view text) noexcept;

}  // namespace busmark

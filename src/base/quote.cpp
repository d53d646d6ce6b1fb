// SPDX-License-Identifier: Apache-2.0
#include "base/quote.hpp"

#include <fmt/format.h>

namespace busmark {
namespace {

unsigned byte_at(std::string_view text, std::size_t position) noexcept {
  return static_cast<unsigned char>(text[position]);
}

/// C0, DEL and C1: a terminal may obey them.
bool is_control(std::string_view character) noexcept {
  const unsigned first = byte_at(character, 0);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && byte_at(character, 1) < 0xa0;
}

/// Marks that reorder or hide the text around them (U+200B..200F, U+202A..202E, U+2060..206F,
/// U+FEFF).
bool is_invisible(std::string_view character) noexcept {
  if (character.size() != 3) return false;
  if (character == "\xef\xbb\xbf") return true;
  if (byte_at(character, 0) != 0xe2) return false;
  const unsigned second = byte_at(character, 1);
  const unsigned third = byte_at(character, 2);
  if (second == 0x80) return (third >= 0x8b && third <= 0x8f) || (third >= 0xa8 && third <= 0xae);
  return second == 0x81 && third >= 0xa0 && third <= 0xaf;
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xc2   ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte_at(text, 1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool beyond = first == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

std::string in_quotes(std::string_view text, std::size_t limit) {
  std::string shown = "\"";
  for (std::size_t characters = 0; !text.empty(); ++characters) {
    if (characters == limit) return shown + "...\"";
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_control(character) || is_invisible(character)) {
      for (const char byte : character) {
        shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
      }
    } else {
      shown += character;
    }
    text.remove_prefix(character.size());
  }
  return shown + '"';
}

}  // namespace busmark

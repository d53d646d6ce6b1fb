// SPDX-License-Identifier: Apache-2.0
#include "histogram/cookie.hpp"

#include "histogram/base64.hpp"

namespace busmark {
namespace {

/// The second hex digit of a cookie tells the size of a count.
constexpr std::uint32_t kWordBits = 0xf0;

std::uint64_t word_at(std::span<const std::uint8_t> bytes, std::size_t at) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < sizeof(std::uint32_t); ++i) word = word << 8 | bytes[at + i];
  return word;
}

}  // namespace

std::optional<HistogramCookie> read_cookie(std::uint32_t word) noexcept {
  const std::size_t size = (word & kWordBits) >> 4;
  switch (word & ~kWordBits) {
    case 0x1c849308: return HistogramCookie{.version = 0, .compressed = false, .word = size};
    case 0x1c849309: return HistogramCookie{.version = 0, .compressed = true, .word = size};
    case 0x1c849301: return HistogramCookie{.version = 1, .compressed = false, .word = size};
    case 0x1c849302: return HistogramCookie{.version = 1, .compressed = true, .word = size};
    case 0x1c849303: return HistogramCookie{.version = 2, .compressed = false, .word = size};
    case 0x1c849304: return HistogramCookie{.version = 2, .compressed = true, .word = size};
    default: return std::nullopt;
  }
}

bool is_double_cookie(std::uint32_t word) noexcept {
  return (word & ~kWordBits) == (0x0c72124e & ~kWordBits) ||
         (word & ~kWordBits) == (0x0c72124f & ~kWordBits);
}

bool histogram_goes_on(std::string_view base64) {
  constexpr std::size_t kTwoWords = 12;  // in characters, with one byte to spare
  if (base64.size() < kTwoWords || base64.ends_with('=') || !is_base64(base64)) return false;
  const auto bytes = from_base64(base64.substr(0, kTwoWords));
  const auto cookie = read_cookie(static_cast<std::uint32_t>(word_at(bytes, 0)));
  // What is not compressed in version 0 has no length.
  if (!cookie || (!cookie->compressed && cookie->version == 0)) return false;
  const std::size_t before = cookie->compressed ? 8 : cookie->header_bytes();
  const std::uint64_t wanted = before + word_at(bytes, 4);
  return base64.size() < (wanted * 8 + 5) / 6;
}

}  // namespace busmark

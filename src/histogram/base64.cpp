// SPDX-License-Identifier: Apache-2.0
#include "histogram/base64.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "busmark/histogram/codec.hpp"

namespace busmark {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t kForeign = 0xff;

constexpr std::array<std::uint8_t, 256> make_reverse() {
  std::array<std::uint8_t, 256> reverse{};
  reverse.fill(kForeign);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    reverse[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  reverse['-'] = reverse['+'];
  reverse['_'] = reverse['/'];
  return reverse;
}

constexpr auto kReverse = make_reverse();

}  // namespace

void to_base64(std::span<const std::uint8_t> bytes, std::string& text) {
  text.clear();
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(bytes.size() - i, 3);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < have ? bytes[i + k] : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= have ? kAlphabet[group >> (18 - 6 * k) & 63u] : '=';
    }
  }
}

std::vector<std::uint8_t> from_base64(std::string_view text) {
  std::size_t length = text.size();
  while (length > 0 && text.size() - length < 2 && text[length - 1] == '=') --length;
  if (length % 4 == 1 || (length != text.size() && text.size() % 4 != 0)) {
    throw HistogramFormatError("the base64 text is cut short: its length is no multiple of 4");
  }
  std::vector<std::uint8_t> bytes;
  bytes.reserve(length / 4 * 3 + 2);
  std::uint32_t group = 0;
  int bits = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const std::uint8_t digit = kReverse[static_cast<unsigned char>(text[i])];
    if (digit == kForeign) {
      throw HistogramFormatError(fmt::format("character {} is not base64", i + 1));
    }
    group = group << 6 | digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(group >> bits & 0xffu));
    }
  }
  return bytes;
}

bool is_base64(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c == '=' || kReverse[static_cast<unsigned char>(c)] != kForeign;
  });
}

}  // namespace busmark

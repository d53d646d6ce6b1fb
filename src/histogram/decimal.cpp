// SPDX-License-Identifier: Apache-2.0
#include "busmark/histogram/decimal.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <iterator>

namespace busmark {

std::string format_half_up(double value, int decimals) {
  assert(std::isfinite(value) && value >= 0 && decimals >= 0);
  // Shortest digits d.ddd and exponent, for instance "1.25e-05".
  std::array<char, 40> buffer{};
  char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                  std::chars_format::scientific)
                        .ptr;
  char* const e = std::find(buffer.data(), end, 'e');
  std::string digits;
  std::copy_if(buffer.data(), e, std::back_inserter(digits), [](char c) { return c != '.'; });
  int exponent = 0;
  std::from_chars(e + (e[1] == '+' ? 2 : 1), end, exponent);

  // Digits left of the point, then `decimals` of them; the digit after decides the rounding.
  if (exponent < 0) {
    digits.insert(0, static_cast<std::size_t>(-exponent), '0');
    exponent = 0;
  }
  const auto kept = static_cast<std::size_t>(exponent + 1 + decimals);
  const bool round_up = digits.size() > kept && digits[kept] >= '5';
  digits.resize(kept, '0');
  if (round_up) {
    auto at = digits.rbegin();
    while (at != digits.rend() && *at == '9') *at++ = '0';
    if (at == digits.rend()) {
      digits.insert(0, 1, '1');
    } else {
      ++*at;
    }
  }
  if (decimals > 0) digits.insert(digits.size() - static_cast<std::size_t>(decimals), 1, '.');
  return digits;
}

}  // namespace busmark

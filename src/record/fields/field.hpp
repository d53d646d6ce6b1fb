// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <optional>
#include <type_traits>
#include <vector>

#include "record/verdict.hpp"

namespace busmark {

// A list of fields says once which value stands under which key of a JSON document:
// `fields(io, value)` of a type calls `io(key, value, note)` for each. The reader, the writer and
// the schema are three such `io`, so that they cannot drift. A value must be there and not be
// negative; `io.any_sign` may be negative; `io.known` is a text that is null where it is empty;
// `io.later` a value that files of earlier versions lack, or that is absent where it says nothing;
// `io.flag` a truth that is absent where it is none;
// `io.derived` a value that follows from others; `io.object` a part without a type of its own;
// `io.type` gives the type a name in the schema. What is only written may be a list of parts
// without a type, `io.list`, and values that are reckoned in place.

// clang-format off
template <typename T, typename U>
concept Is = std::same_as<std::remove_const_t<T>, U>;
// clang-format on

/// What the schema says of a value beyond its type and sign.
struct Note {
  const char* what = "";  ///< A sentence for people.
  double least = 0;       ///< Of a number that has a sign.
  std::optional<double> most{};
  const char* one_of = "";   ///< The words that a text may be, `a|b|c`.
  const char* pattern = "";  ///< Of a text, as a regular expression.
};

/// All values of an enumeration whose names stand in a document.
template <typename Enum>
inline constexpr std::array<Enum, 0> kAll{};
template <>
inline constexpr std::array kAll<Verdict>{Verdict::skip,         Verdict::pass, Verdict::warn,
                                          Verdict::inconclusive, Verdict::fail, Verdict::invalid};

/// 0, 1 .. for `io.list` over what stands in several lists under the same index.
[[nodiscard]] inline std::vector<std::size_t> numbers_below(std::size_t end) {
  std::vector<std::size_t> numbers(end);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

/// For a number that may be infinite or none at all, which JSON has no word for: null.
[[nodiscard]] inline std::optional<double> finite(std::optional<double> value) {
  return value && std::isfinite(*value) ? value : std::nullopt;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "base/suggest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

namespace busmark {
namespace {

constexpr std::size_t kLongest = 64;  // Longer words are no slips of the finger.

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Both at most kLongest long.
std::size_t distance(std::string_view source, std::string_view target) noexcept {
  using Row = std::array<std::size_t, kLongest + 1>;
  Row before{};
  Row above{};
  Row row{};
  for (std::size_t j = 0; j <= target.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= source.size(); ++i) {
    before = above;
    above = row;
    row[0] = i;
    for (std::size_t j = 1; j <= target.size(); ++j) {
      const bool same = lower(source[i - 1]) == lower(target[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(source[i - 1]) == lower(target[j - 2]) &&
                           lower(source[i - 2]) == lower(target[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[target.size()];
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view word,
                                             std::span<const std::string_view> names) {
  if (word.empty() || word.size() > kLongest) return std::nullopt;
  std::optional<std::string_view> nearest;
  std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto name : names) {
    if (name.size() > kLongest) continue;
    const std::size_t edits = distance(word, name);
    if (edits < fewest) {
      fewest = edits;
      nearest = name;
    }
  }
  if (nearest || word.size() < 2) return nearest;
  const auto begun = [&](std::string_view name) { return name.starts_with(word); };
  const auto found = std::find_if(names.begin(), names.end(), begun);
  if (found != names.end() && std::count_if(names.begin(), names.end(), begun) == 1) return *found;
  return std::nullopt;
}

std::string alternatives(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> names) {
  if (const auto nearest = nearest_name(word, names)) {
    return fmt::format("did you mean \"{}\"?", *nearest);
  }
  return "use " + alternatives(names);
}

}  // namespace busmark

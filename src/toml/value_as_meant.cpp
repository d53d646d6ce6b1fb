// SPDX-License-Identifier: Apache-2.0
#include "toml/value_as_meant.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/meant/as_meant.hpp"
#include "base/meant/loose.hpp"
#include "base/words.hpp"

namespace busmark {

std::string shown_number(const Value& value) {
  const bool number = std::holds_alternative<std::int64_t>(value.data) ||
                      std::holds_alternative<double>(value.data);
  return number ? value.shown() : "";
}

std::string meant_whole(const Value& value, std::int64_t lowest, std::int64_t highest) {
  const auto* text = std::get_if<std::string>(&value.data);
  const std::string written = text != nullptr ? *text : shown_number(value);
  const auto in_range = [&](std::string_view part) -> std::optional<std::string> {
    const auto count = meant_count(part);
    if (!count || std::stoll(count->text) < lowest || std::stoll(count->text) > highest) {
      return std::nullopt;
    }
    return count->text;
  };
  if (const auto one = in_range(written)) return *one;
  std::string list;
  for (const std::string_view part : split_list(written)) {
    const auto one = in_range(part);
    if (!one) return {};
    list += fmt::format("{}{}", list.empty() ? "[" : ", ", *one);
  }
  return list + ']';
}

std::string_view meant_truth(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
    return *number == 1 ? "true" : *number == 0 ? "false" : "";
  }
  const auto* text = std::get_if<std::string>(&value.data);
  const std::string word = text != nullptr ? in_small(trimmed(*text)) : "";
  for (const std::string_view yes : {"true", "yes", "on", "1", "enabled", "y", "t"}) {
    if (word == yes) return "true";
  }
  for (const std::string_view no : {"false", "no", "off", "0", "disabled", "n", "f"}) {
    if (word == no) return "false";
  }
  return "";
}

bool is_no_limit(std::string_view text) {
  const std::string word = in_small(trimmed(text));
  for (const std::string_view known : {"max", "unlimited", "inf", "infinite", "infinity", "none",
                                       "maximum", "full", "0", "0/s", "-1", "unthrottled", "off"}) {
    if (word == known) return true;
  }
  return false;
}

std::string meant_words(std::string_view text, std::span<const std::string_view> known) {
  const std::vector<std::string_view> parts = split_list(text);
  if (parts.size() < 2) return {};
  std::string list;
  for (const std::string_view part : parts) {
    const std::string_view word = trimmed(part);
    if (std::find(known.begin(), known.end(), word) == known.end()) return {};
    list += fmt::format("{}\"{}\"", list.empty() ? "[" : ", ", word);
  }
  return list + ']';
}

}  // namespace busmark

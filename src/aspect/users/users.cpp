// SPDX-License-Identifier: Apache-2.0
#include "aspect/users/users.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "base/quote.hpp"
#include "base/words.hpp"

namespace busmark {
namespace {

constexpr Nanoseconds kLongestThink = std::chrono::hours(1);

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw std::invalid_argument(fmt::format(
      "{} {}; write \"10ms\", \"uniform(5ms, 15ms)\" or \"exp(10ms)\"", in_quotes(text), why));
}

/// What stands between `name(` and `)`.
std::optional<std::string_view> inside(std::string_view text, std::string_view name) {
  if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
  text = trimmed(text.substr(name.size()));
  if (!text.starts_with('(')) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

Nanoseconds duration(std::string_view part, std::string_view whole) {
  Nanoseconds read{};
  try {
    read = parse_duration(trimmed(part));
  } catch (const std::invalid_argument&) {
    refuse(whole, "is no thinking time");
  }
  if (read > kLongestThink) refuse(whole, "is longer than 1h");
  return read;
}

}  // namespace

Think parse_think(std::string_view text) {
  const std::string_view tidy = trimmed(text);
  if (const auto mean = inside(tidy, "exp")) {
    return {ThinkShape::exponential, duration(*mean, tidy), {}};
  }
  if (const auto range = inside(tidy, "uniform")) {
    const std::size_t comma = range->find(',');
    if (comma == std::string_view::npos) refuse(tidy, "has one time");
    const Think think{ThinkShape::uniform, duration(range->substr(0, comma), tidy),
                      duration(range->substr(comma + 1), tidy)};
    if (think.low > think.high) refuse(tidy, "ends before it begins");
    return think;
  }
  return {ThinkShape::constant, duration(tidy, tidy), {}};
}

std::string to_string(const Think& think) {
  switch (think.shape) {
    case ThinkShape::constant: break;
    case ThinkShape::uniform:
      return fmt::format("uniform({}, {})", format_duration(think.low),
                         format_duration(think.high));
    case ThinkShape::exponential: return fmt::format("exp({})", format_duration(think.low));
  }
  return format_duration(think.low);
}

}  // namespace busmark

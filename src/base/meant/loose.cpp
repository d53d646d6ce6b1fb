// SPDX-License-Identifier: Apache-2.0
#include "base/meant/loose.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/meant/strict_units.hpp"
#include "base/words.hpp"

namespace busmark {
namespace {

struct Word {
  std::string_view word;
  std::string_view unit;
};

constexpr Word kTimeWords[] = {
    {"ns", "ns"},
    {"nsec", "ns"},
    {"nsecs", "ns"},
    {"nanos", "ns"},
    {"nanosecond", "ns"},
    {"nanoseconds", "ns"},
    {"us", "us"},
    {"\xc2\xb5s", "us"},
    {"\xce\xbcs", "us"},
    {"usec", "us"},
    {"usecs", "us"},
    {"micros", "us"},
    {"microsecond", "us"},
    {"microseconds", "us"},
    {"ms", "ms"},
    {"msec", "ms"},
    {"msecs", "ms"},
    {"millis", "ms"},
    {"milli", "ms"},
    {"millisecond", "ms"},
    {"milliseconds", "ms"},
    {"s", "s"},
    {"sec", "s"},
    {"secs", "s"},
    {"second", "s"},
    {"seconds", "s"},
    {"m", "m"},
    {"min", "m"},
    {"mins", "m"},
    {"minute", "m"},
    {"minutes", "m"},
    {"h", "h"},
    {"hr", "h"},
    {"hrs", "h"},
    {"hour", "h"},
    {"hours", "h"},
    {"d", "d"},
    {"day", "d"},
    {"days", "d"},
};

/// Groups of three digits behind commas: 1,000,000.
bool is_grouped(std::string_view text) {
  std::size_t comma = text.find(',');
  if (comma == 0 || comma > 3) return false;
  for (; comma != text.size(); comma = std::min(text.find(',', comma + 1), text.size())) {
    const std::size_t end = std::min(text.find(',', comma + 1), text.size());
    if (end - comma != 4) return false;
  }
  return true;
}

/// `00:30`, `1:30:00`.
std::optional<Nanoseconds> clock_time(std::string_view text) {
  const auto colons = std::count(text.begin(), text.end(), ':');
  if (colons < 1 || colons > 2) return std::nullopt;
  std::string spelt;
  constexpr std::array<std::string_view, 3> kUnits{"h", "m", "s"};
  for (auto unit = static_cast<std::size_t>(2 - colons); unit < kUnits.size(); ++unit) {
    const std::size_t end = std::min(text.find(':'), text.size());
    if (end == 0) return std::nullopt;
    spelt += fmt::format("{}{}", text.substr(0, end), kUnits[unit]);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return sum_of_times(spelt);
}

}  // namespace

std::string in_small(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

std::string without_blanks(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ' && c != '\t') result += c;
  }
  return result;
}

bool take(std::string_view& text, std::string_view begin) {
  if (!text.starts_with(begin)) return false;
  text.remove_prefix(begin.size());
  return true;
}

std::string take_number(std::string_view& text) {
  take(text, "+");
  std::size_t end = std::min(text.find_first_not_of("0123456789.,_'"), text.size());
  while (end > 0 && (text[end - 1] == ',' || text[end - 1] == '\'')) --end;
  const std::string_view written = text.substr(0, end);
  std::string digits;
  const bool grouped = is_grouped(written);
  for (const char c : written) {
    if (is_digit(c) || c == '.') digits += c;
    if (c == ',' && !grouped) digits += '.';
  }
  if (digits.starts_with('.')) digits.insert(0, 1, '0');
  if (digits.ends_with('.')) digits.pop_back();
  if (digits.empty() || std::count(digits.begin(), digits.end(), '.') > 1) return {};
  text.remove_prefix(end);
  const bool power = text.size() > 1 && (text[0] == 'e' || text[0] == 'E') &&
                     (is_digit(text[1]) || (text.size() > 2 && is_digit(text[2])));
  if (power) {
    const std::size_t last = std::min(text.find_first_not_of("0123456789", 2), text.size());
    digits += text.substr(0, last);
    text.remove_prefix(last);
    double value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    digits = fmt::format("{}", value);
    if (digits.find('e') != std::string::npos) digits = fmt::format("{:.0f}", value);
  }
  return digits;
}

double number_of(std::string_view digits) {
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string_view take_time_unit(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of("0123456789.,+ "), text.size());
  for (const Word& one : kTimeWords) {
    if (one.word != text.substr(0, end)) continue;
    text.remove_prefix(end);
    return one.unit;
  }
  return {};
}

std::optional<Nanoseconds> sum_of_times(std::string_view text) {
  Nanoseconds sum{};
  bool any = false;
  while (!text.empty()) {
    const std::string number = take_number(text);
    if (number.empty()) return std::nullopt;
    const std::string_view unit = take_time_unit(text);
    if (unit.empty()) return std::nullopt;
    constexpr int kHoursOfDay = 24;
    constexpr Nanoseconds kLongest =
        std::chrono::hours(24 * 365);  // keeps the sum far inside 64 bits
    const bool days = unit == "d";
    const auto time = strict_duration(number + std::string(days ? "h" : unit));
    if (!time || *time > kLongest || sum > kLongest) return std::nullopt;
    sum += days ? *time * kHoursOfDay : *time;
    any = true;
  }
  return any ? std::optional(sum) : std::nullopt;
}

std::optional<Nanoseconds> loose_duration(std::string_view written) {
  const std::string tidy = in_small(without_blanks(written));
  std::string_view text = tidy;
  if (take(text, "p")) {  // ISO 8601
    std::string plain(text);
    plain.erase(std::remove(plain.begin(), plain.end(), 't'), plain.end());
    return sum_of_times(plain);
  }
  if (const auto time = clock_time(text)) return time;
  return sum_of_times(text);
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "histogram/log_line.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "busmark/histogram/codec.hpp"

namespace busmark {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

char small(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view without_blanks(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Any finite number that a time may be, in whatever unit; `what` names it.
double read_number(std::string_view text, const char* what) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), ',', '.');
  double number = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), number);
  // 2^63 ns is the largest time that anyone counts; NaN fails the bound too.
  constexpr double kMost = 1e19;
  if (error != std::errc{} || end != plain.data() + plain.size() || !(std::abs(number) <= kMost)) {
    throw HistogramFormatError(fmt::format("the {} is not a number of seconds", what));
  }
  return number;
}

std::vector<std::string_view> split_at(char separator, std::string_view text) {
  std::vector<std::string_view> fields;
  while (true) {
    const auto end = std::min(text.find(separator), text.size());
    fields.push_back(unquoted(without_blanks(text.substr(0, end))));
    if (end == text.size()) return fields;
    text.remove_prefix(end + 1);
  }
}

/// `1,5` of the text that holds both halves as fields beside each other.
std::string_view joined(std::string_view whole, std::string_view behind) noexcept {
  return {whole.data(), static_cast<std::size_t>(behind.data() + behind.size() - whole.data())};
}

}  // namespace

std::string_view bare_line(std::string_view line) noexcept {
  if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  return without_blanks(line);
}

std::string_view unquoted(std::string_view field) noexcept {
  if (field.ends_with(',')) field.remove_suffix(1);
  std::string_view inner = field;
  if (inner.starts_with("b'") || inner.starts_with("b\"")) inner.remove_prefix(1);
  const bool quoted = inner.size() >= 2 && (inner.front() == '"' || inner.front() == '\'') &&
                      inner.front() == inner.back();
  return quoted ? without_blanks(inner.substr(1, inner.size() - 2)) : field;
}

bool is_log_legend(std::string_view line) noexcept {
  constexpr std::string_view kFirst = "StartTimestamp";
  if (line.starts_with('"')) line.remove_prefix(1);
  return line.starts_with(kFirst);
}

std::optional<double> header_number(std::string_view line, std::string_view name) {
  const bool is_header = line.starts_with("#[");
  const auto skip = [&line](std::string_view some) {
    line.remove_prefix(std::min(line.find_first_not_of(some), line.size()));
  };
  skip("#[ \t");
  for (const char letter : name) {
    skip(" \t_-");
    if (line.empty() || small(line.front()) != letter) return std::nullopt;
    line.remove_prefix(1);
  }
  skip(" \t");
  if (!line.starts_with(':') && !line.starts_with('=')) return std::nullopt;
  skip(":= \t");
  std::string_view value = line.substr(0, line.find_first_of(" \t(];"));
  if (value.ends_with(',')) value.remove_suffix(1);
  try {
    return read_number(value, "time in the header");
  } catch (const HistogramFormatError&) {
    if (is_header) throw;
    return std::nullopt;  // a remark that begins with such a word
  }
}

LogLine split_log_line(std::string_view line) {
  const char separator = line.find(';') != std::string_view::npos   ? ';'
                         : line.find(',') != std::string_view::npos ? ','
                                                                    : '\t';
  std::vector<std::string_view> fields = split_at(separator, line);
  LogLine result;
  constexpr std::string_view kTag = "Tag=";
  if (fields.front().starts_with(kTag)) {
    result.tag = fields.front().substr(kTag.size());
    fields.erase(fields.begin());
  }
  constexpr std::size_t kFields = 4;
  constexpr std::size_t kWithDecimalCommas = 7;
  if (fields.size() == kWithDecimalCommas && separator == ',') {
    fields = {joined(fields[0], fields[1]), joined(fields[2], fields[3]),
              joined(fields[4], fields[5]), fields[6]};
  }
  if (fields.size() != kFields) {
    throw HistogramFormatError(
        "a start, a length, a maximum and a histogram are wanted, separated by commas");
  }
  result.start = read_number(fields[0], "start of the interval");
  result.second = read_number(fields[1], "length of the interval");
  result.base64 = fields[3];
  return result;
}

}  // namespace busmark

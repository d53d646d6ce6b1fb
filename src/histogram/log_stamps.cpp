// SPDX-License-Identifier: Apache-2.0
#include "histogram/log_stamps.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

namespace busmark {
namespace {

constexpr double kYear = 365 * 24 * 3600.0;
/// Bounds of what a stamp since 1970 can be, in seconds: the years 1973 and 2200. The ranges that
/// they make of ms, us and ns do not meet, so a number tells its unit.
constexpr double kEarliest = 1e8;
constexpr double kLatest = 7.26e9;
/// By how much of their length, and by how many seconds, stamps may be off.
constexpr double kSlack = 0.1;
constexpr double kRounding = 0.002;

/// How many of a stamp's units make a second.
double units_per_second(double stamp) noexcept {
  for (const double unit : {1e3, 1e6, 1e9}) {
    if (stamp >= kEarliest * unit && stamp <= kLatest * unit) return unit;
  }
  return 1;
}

std::chrono::milliseconds in_milliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1'000));
}

}  // namespace

double header_seconds(double written) noexcept { return written / units_per_second(written); }

StampReading::StampReading(const LogHeader& header, std::span<const LogLine> lines)
    : header_(header) {
  const auto first = std::find_if(lines.begin(), lines.end(), [this](const LogLine& line) {
    return !is_unset(line) && (line.start != 0 || line.second != 0);
  });
  // Java's rule for a log without BaseTime: a first stamp of more than a year before StartTime is
  // relative to it. Java adds a BaseTime to any stamp; what lies near it already is absolute.
  const double zero = header_.base.value_or(header_.start.value_or(0));
  const bool is_before = first != lines.end() && first->start < zero - kYear;
  relative_ = is_before || (header_.base && zero <= kYear);
  second_ = read_second(lines);
}

bool StampReading::is_unset(const LogLine& line) const noexcept {
  // An unset start is the largest number that the language has, an unset end 0, so that the length
  // is negative (Java, Python); or both are 0, from which Go takes the base.
  if (line.second < 0 && line.start > kLatest * 1e3) return true;
  return header_.base && *header_.base > kYear && std::abs(line.start + *header_.base) < 1;
}

/// In seconds since 1970, or as it stands where nothing tells since when.
double StampReading::start_of(const LogLine& line) const {
  const double unit = units_per_second(line.start);
  const double start = line.start / unit;
  if (unit == 1) {
    return relative_ ? header_.base.value_or(header_.start.value_or(0)) + start : start;
  }
  if (!header_.base) return start;
  // Go's writer took the base in seconds off a start in milliseconds until November 2025.
  const double mended = (line.start + *header_.base) / unit;
  return std::abs(mended - *header_.base) < std::abs(start - *header_.base) ? mended : start;
}

/// In seconds; negative where it cannot be.
double StampReading::length_of(const LogLine& line, Second second) const {
  const double unit = units_per_second(line.start);
  // No interval lasts longer than the time since 1970, so this is an end (C's hdr_log_write).
  const bool end = line.start / unit > kYear && line.second >= line.start;
  if (end || second == Second::end) return (line.second - line.start) / unit;
  return second == Second::length ? line.second / unit : line.second;
}

StampReading::Fit StampReading::fit(std::span<const LogLine> lines, Second second) const {
  Fit fit;
  struct Span {
    double start;
    double length;
  };
  std::map<std::string_view, Span> before;
  double shortest = HUGE_VAL;
  double longest = 0;
  for (const LogLine& line : lines) {
    if (is_unset(line)) continue;
    const Span now{start_of(line), length_of(line, second)};
    if (now.length < 0) fit.possible = false;
    shortest = std::min(shortest, now.length);
    longest = std::max(longest, now.length);
    const auto [last, is_first] = before.try_emplace(line.tag, now);
    if (is_first) continue;
    const double gap = now.start - (last->second.start + last->second.length);
    const double slack = kSlack * last->second.length + kRounding;
    if (gap < -slack) fit.possible = false;
    if (std::abs(gap) <= slack) ++fit.touching;
    last->second = now;
  }
  fit.even = longest - shortest <= kSlack * longest + kRounding;
  return fit;
}

StampReading::Second StampReading::read_second(std::span<const LogLine> lines) const {
  const Fit length = fit(lines, Second::length);
  const Fit end = fit(lines, Second::end);
  const bool ends = end.possible && (!length.possible || (end.even && !length.even));
  if (ends) return Second::end;
  const bool other_unit = std::any_of(lines.begin(), lines.end(), [](const LogLine& line) {
    return units_per_second(line.start) != 1;
  });
  if (other_unit && fit(lines, Second::length_in_seconds).touching > length.touching) {
    return Second::length_in_seconds;
  }
  return Second::length;
}

std::optional<StampSpan> StampReading::span_of(const LogLine& line) const {
  if (is_unset(line)) return std::nullopt;
  // Of an absolute log, an empty line that nobody stamped.
  if (!relative_ && line.start == 0 && line.second == 0) return std::nullopt;
  const double length = length_of(line, second_);
  const double start = start_of(line);
  // The bound, the year 5138, keeps sums of stamps far inside 64 bits.
  constexpr double kMost = 1e11;
  if (line.start < 0 || start > kMost) {
    throw HistogramFormatError("the start of the interval is not a number of seconds");
  }
  if (length < 0 || length > kMost) {
    throw HistogramFormatError("the length of the interval is not a number of seconds");
  }
  return StampSpan{LogTime(in_milliseconds(start)), in_milliseconds(length)};
}

}  // namespace busmark

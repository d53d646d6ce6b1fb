// SPDX-License-Identifier: Apache-2.0
#include "busmark/histogram/log.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <istream>
#include <ostream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "busmark/histogram/decimal.hpp"

namespace busmark {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kLegend =
    R"("StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram")";
constexpr milliseconds kYear = std::chrono::hours(24 * 365);
/// The C reader takes header lines of at most 126 bytes; "#[", "]" and some air come off.
constexpr std::size_t kLongestComment = 120;

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

/// "Tue Nov 14 22:13:20 UTC 2023", as Java's Date prints itself.
std::string date_text(LogTime time) {
  using namespace std::chrono;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  return fmt::format("{} {} {:02} {:02}:{:02}:{:02} UTC {}", kDays[weekday(day).c_encoding()],
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(),
                     static_cast<int>(date.year()));
}

/// Seconds with three decimals; never through a double.
std::string seconds_text(milliseconds time) {
  const auto count = std::max<milliseconds::rep>(time.count(), 0);
  return fmt::format("{}.{:03}", count / 1'000, count % 1'000);
}

milliseconds parse_seconds(std::string_view text, const char* what) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  // The bound, the year 5138, keeps sums of stamps far inside 64 bits; NaN fails it too.
  if (error != std::errc{} || end != text.data() + text.size() ||
      !(seconds >= 0 && seconds <= 1e11)) {
    throw HistogramFormatError(fmt::format("the {} is not a number of seconds", what));
  }
  return milliseconds(std::llround(seconds * 1'000));
}

/// Cuts the text up to the next comma off `line`.
std::string_view take_field(std::string_view& line) {
  const auto comma = line.find(',');
  if (comma == std::string_view::npos) {
    throw HistogramFormatError(
        "a start, a length, a maximum and a histogram are wanted, separated by commas");
  }
  const auto field = line.substr(0, comma);
  line.remove_prefix(comma + 1);
  return field;
}

}  // namespace

bool is_valid_log_tag(std::string_view tag) noexcept {
  return !tag.empty() && std::all_of(tag.begin(), tag.end(), [](char c) {
    return is_printable(c) && c != ' ' && c != ',';
  });
}

HistogramLogWriter::HistogramLogWriter(std::ostream& out, const HistogramLogOptions& options)
    : out_(out), max_unit_ratio_(options.max_unit_ratio) {
  if (options.comment.size() > kLongestComment ||
      !std::all_of(options.comment.begin(), options.comment.end(), is_printable)) {
    throw std::invalid_argument(fmt::format(
        "the comment of a histogram log must be one line of at most {} ASCII characters",
        kLongestComment));
  }
  if (!options.comment.empty()) out_ << "#[" << options.comment << "]\n";
  out_ << "#[Histogram log format version 1.3]\n"
       << "#[StartTime: " << seconds_text(options.start.time_since_epoch())
       << " (seconds since epoch), " << date_text(options.start) << "]\n"
       << kLegend << '\n';
}

void HistogramLogWriter::write(std::string_view tag, LogTime start, milliseconds length,
                               const DecodedHistogram& histogram) {
  if (!tag.empty()) {
    if (!is_valid_log_tag(tag)) {
      throw std::invalid_argument(
          "a histogram log tag must be printable ASCII without commas and blanks");
    }
    out_ << "Tag=" << tag << ',';
  }
  const double max = static_cast<double>(histogram.max()) / max_unit_ratio_;
  out_ << seconds_text(start.time_since_epoch()) << ',' << seconds_text(length) << ','
       << format_half_up(max, 3) << ',' << encoder_.encode(histogram) << '\n';
}

std::optional<HistogramLogInterval> HistogramLogReader::next() {
  std::string text;
  while (std::getline(in_, text)) {
    ++line_number_;
    std::string_view line = text;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    try {
      if (line.empty() || line[0] == '"') continue;
      if (line[0] != '#') return read_interval(line);
      read_comment(line);
    } catch (const HistogramFormatError& error) {
      throw HistogramFormatError(fmt::format("line {}: {}", line_number_, error.what()));
    }
  }
  return std::nullopt;
}

void HistogramLogReader::read_comment(std::string_view line) {
  const auto stamp = [line](std::string_view name) -> std::optional<LogTime> {
    if (!line.starts_with(name)) return std::nullopt;
    const auto value = line.substr(name.size());
    return LogTime(parse_seconds(value.substr(0, value.find(' ')), "time in the header"));
  };
  if (const auto start = stamp("#[StartTime: ")) start_ = start;
  if (const auto base = stamp("#[BaseTime: ")) base_ = base;
}

HistogramLogInterval HistogramLogReader::read_interval(std::string_view line) {
  std::string tag;
  if (line.starts_with("Tag=")) {
    line.remove_prefix(4);
    tag = take_field(line);
  }
  const milliseconds stamp = parse_seconds(take_field(line), "start of the interval");
  milliseconds length = parse_seconds(take_field(line), "length of the interval");
  take_field(line);
  // No interval lasts longer than the time since 1970, so this is C's end stamp.
  if (stamp > kYear && length >= stamp) length -= stamp;

  if (!start_) start_ = LogTime(stamp);
  if (!base_) {
    const bool relative = LogTime(stamp) < *start_ - kYear;
    base_ = relative ? *start_ : LogTime{};
  }
  return {std::move(tag), *base_ + stamp, length, decode_histogram(line)};
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "busmark/histogram/log.hpp"

#include <algorithm>
#include <ostream>
#include <stdexcept>

#include <fmt/format.h>

#include "busmark/histogram/decimal.hpp"

namespace busmark {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kLegend =
    R"("StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram")";
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

}  // namespace busmark

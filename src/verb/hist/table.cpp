// SPDX-License-Identifier: Apache-2.0
#include "verb/hist/table.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "busmark/histogram/decimal.hpp"

#include "base/quote.hpp"
#include "judge/summary.hpp"
#include "stat/percentile_interval.hpp"

namespace busmark {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kNone = "-";

/// `2023-11-14T22:13:20.000Z`.
std::string iso_text(LogTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

/// As in the file: seconds with three decimals.
std::string seconds_text(milliseconds time) {
  return fmt::format("{}.{:03}", time.count() / 1'000, time.count() % 1'000);
}

std::string time_text(double nanoseconds) {
  // Beyond 146 years, half of what std::chrono holds; garbage, but not ours to hide.
  constexpr double kTooLong = 0x1p62;
  constexpr double kHour = 3.6e12;
  if (nanoseconds >= kTooLong) return fmt::format("{:.0f}h", nanoseconds / kHour);
  return format_duration(Nanoseconds(std::llround(nanoseconds)));
}

std::vector<TextTable::Column> columns(const HistogramTableOptions& options) {
  std::vector<TextTable::Column> columns;
  if (options.by_source) columns.push_back({"file", Align::left});
  columns.push_back({"tag", Align::left});
  if (options.by_interval) {
    columns.push_back({"start", Align::left});
    columns.push_back({"length"});
  }
  columns.push_back({"count"});
  if (!options.by_interval) {
    columns.push_back({"min"});
    columns.push_back({"mean"});
  }
  for (const Percentile percentile : options.percentiles) {
    columns.push_back({format_percentile(percentile)});
  }
  columns.push_back({"max"});
  return columns;
}

}  // namespace

double nanoseconds_in(ValueUnit unit) noexcept {
  switch (unit) {
    case ValueUnit::nanoseconds:
    case ValueUnit::raw: break;
    case ValueUnit::microseconds: return 1e3;
    case ValueUnit::milliseconds: return 1e6;
    case ValueUnit::seconds: return 1e9;
  }
  return 1;
}

std::string tag_text(const HistogramEntry& entry) {
  if (entry.line != 0) return fmt::format("line {}", entry.line);
  if (entry.tag.empty()) return "(untagged)";
  constexpr std::size_t kLongestTag = 200;
  return is_valid_log_tag(entry.tag) ? entry.tag : in_quotes(entry.tag, kLongestTag);
}

HistogramTable::HistogramTable(HistogramTableOptions options)
    : options_(std::move(options)), table_(columns(options_)) {}

std::string HistogramTable::value_text(std::uint64_t value) const {
  if (options_.unit == ValueUnit::raw) return fmt::format("{}", value);
  return time_text(static_cast<double>(value) * nanoseconds_in(options_.unit));
}

std::string HistogramTable::mean_text(double mean) const {
  if (options_.unit == ValueUnit::raw) return format_half_up(mean, 3);
  return time_text(mean * nanoseconds_in(options_.unit));
}

std::string HistogramTable::percentile_text(const DecodedHistogram& histogram,
                                            Percentile percentile) {
  if (histogram.total() < samples_needed(percentile)) {
    withheld_.insert(percentile);
    return std::string(kNone);
  }
  return value_text(histogram.value_at(percentile));
}

void HistogramTable::add_when(std::vector<std::string>& cells,
                              const std::optional<LogSpan>& when) const {
  if (!when) {
    cells.insert(cells.end(), 2, std::string(kNone));
  } else if (options_.unit == ValueUnit::raw) {
    cells.push_back(seconds_text(when->start.time_since_epoch()));
    cells.push_back(seconds_text(when->length));
  } else {
    cells.push_back(iso_text(when->start));
    cells.push_back(format_duration(when->length));
  }
}

void HistogramTable::add(const HistogramEntry& entry) {
  const DecodedHistogram& histogram = entry.histogram;
  const bool empty = histogram.total() == 0;
  std::vector<std::string> cells;
  if (options_.by_source) cells.push_back(entry.source);
  cells.push_back(tag_text(entry));
  if (options_.by_interval) add_when(cells, entry.when);
  cells.push_back(fmt::format("{}", histogram.total()));
  if (!options_.by_interval) {
    cells.push_back(empty ? std::string(kNone) : value_text(histogram.min()));
    cells.push_back(empty ? std::string(kNone) : mean_text(histogram.mean()));
  }
  for (const Percentile percentile : options_.percentiles) {
    cells.push_back(percentile_text(histogram, percentile));
  }
  cells.push_back(empty ? std::string(kNone) : value_text(histogram.max()));
  table_.add(std::move(cells));
}

std::string HistogramTable::text() const {
  std::string text = table_.text();
  if (withheld_.empty() || options_.unit == ValueUnit::raw) return text;
  text += "\n-  withheld, too few samples:";
  const char* separator = "";
  for (const Percentile percentile : withheld_) {
    text += fmt::format("{} {} needs {}", separator, format_percentile(percentile),
                        samples_needed(percentile));
    separator = ",";
  }
  return text + "\n";
}

}  // namespace busmark

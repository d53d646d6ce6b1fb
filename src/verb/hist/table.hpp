// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/histogram/decoded.hpp"
#include "busmark/histogram/log.hpp"

#include "base/table.hpp"

namespace busmark {

/// What the values of a histogram count. A file does not say; HdrHistogram's users mean nanoseconds
/// as a rule. `raw`: no time at all, or numbers for a program to read.
enum class ValueUnit { nanoseconds, microseconds, milliseconds, seconds, raw };

/// Nanoseconds in one `unit`; 1 for `raw`.
[[nodiscard]] double nanoseconds_in(ValueUnit unit) noexcept;

/// When an interval began and how long it lasted.
struct LogSpan {
  LogTime start{};
  std::chrono::milliseconds length{};
};

/// One histogram out of a file, with where it was found.
struct HistogramEntry {
  std::string source;    ///< File name.
  std::string tag;       ///< Empty: none.
  std::size_t line = 0;  ///< Of a text of base64 histograms, which have no names; 0 in a log.
  std::optional<LogSpan> when;  ///< Empty for what no log has dated, and for merged intervals.
  DecodedHistogram histogram;
};

/// The tag as it is shown: `(untagged)` for none, `line 3` without a log, in quotes what no tool
/// should have written.
[[nodiscard]] std::string tag_text(const HistogramEntry& entry);

struct HistogramTableOptions {
  bool by_source = false;    ///< A column for the file.
  bool by_interval = false;  ///< Columns for start and length instead of minimum and mean.
  std::vector<Percentile> percentiles;
  ValueUnit unit = ValueUnit::nanoseconds;
};

/// Histograms of any origin as a table, one row each. A percentile that the number of samples
/// cannot carry (`samples_needed`) is withheld: `-`. Pure.
class HistogramTable {
 public:
  explicit HistogramTable(HistogramTableOptions options);

  void add(const HistogramEntry& entry);

  /// The rows, and unless `raw` what the withheld percentiles would have needed.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] std::string value_text(std::uint64_t value) const;
  [[nodiscard]] std::string mean_text(double mean) const;
  [[nodiscard]] std::string percentile_text(const DecodedHistogram& histogram,
                                            Percentile percentile);
  void add_when(std::vector<std::string>& cells, const std::optional<LogSpan>& when) const;

  HistogramTableOptions options_;
  TextTable table_;
  std::set<Percentile> withheld_;
};

}  // namespace busmark

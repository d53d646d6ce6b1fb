// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "busmark/histogram/codec.hpp"
#include "busmark/histogram/decoded.hpp"

namespace busmark {

/// Time of a log line: milliseconds since 1970 UTC, the resolution of the format.
using LogTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// One line of a histogram log.
struct HistogramLogInterval {
  std::string tag;  ///< Empty for the untagged lines, which tools read by default.
  LogTime start{};
  std::chrono::milliseconds length{};
  DecodedHistogram histogram;
  bool dated = true;  ///< False where the writer had set no stamps; start and length are 0 then.
};

/// Whether all readers take `tag`: not empty, printable ASCII without comma or space.
[[nodiscard]] bool is_valid_log_tag(std::string_view tag) noexcept;

struct HistogramLogOptions {
  LogTime start{};        ///< When the run began.
  std::string comment{};  ///< One line of at most 120 printable ASCII characters; may be empty.
  /// The Interval_Max column is the maximum divided by this: 10^6 shows nanoseconds as ms, which
  /// HdrHistogram's own tools assume. Readers take the maximum from the histogram itself.
  double max_unit_ratio = 1'000'000;
};

/// Writes HdrHistogram's interval log, format 1.3 (.hlog), so that the Java, JS and C readers take
/// it: absolute time stamps, no BaseTime, short header lines, no comment between intervals. The
/// stream is the caller's, as is the check whether it took everything.
class HistogramLogWriter {
 public:
  /// Writes the header. Throws std::invalid_argument for a comment the C reader chokes on.
  HistogramLogWriter(std::ostream& out, const HistogramLogOptions& options);

  /// From here on lines of histograms of this shape take no more memory.
  void reserve(const HistogramShape& shape) { encoder_.reserve(shape); }
  /// Writes one line. Throws std::invalid_argument for a tag (other than the empty one) that is not
  /// `is_valid_log_tag`.
  void write(const HistogramLogInterval& interval) {
    write(interval.tag, interval.start, interval.length, interval.histogram);
  }
  void write(std::string_view tag, LogTime start, std::chrono::milliseconds length,
             const DecodedHistogram& histogram);

 private:
  std::ostream& out_;
  double max_unit_ratio_;
  HistogramEncoder encoder_;
};

/// Reads logs of anyone's making, one after the other in a file: docs/histograms.md has a table of
/// what writers write. LF or CRLF, a byte order mark, comments, blank lines and blanks anywhere;
/// lines that were wrapped or quoted on their way. Stamps become absolute as Java does it: BaseTime
/// is added; without one, a first stamp more than a year before StartTime means that all are
/// relative to StartTime. Stamps that contradict the format are read as what else fits alone: ends
/// in place of lengths, ms, us or ns in place of seconds, a time that was never set. The first 1000
/// lines of a log decide.
class HistogramLogReader {
 public:
  explicit HistogramLogReader(std::istream& in);
  ~HistogramLogReader();

  /// The next interval; empty at the end. Throws HistogramFormatError that starts with "line N: ".
  [[nodiscard]] std::optional<HistogramLogInterval> next();

  /// Of the interval at hand, or of the line that was refused.
  [[nodiscard]] std::size_t line_number() const noexcept { return line_number_; }

 private:
  struct Log;

  void read_ahead();
  [[nodiscard]] bool read_header(std::string_view line);
  void read_interval(std::string_view text);
  [[nodiscard]] std::optional<std::string> take_line();

  std::istream& in_;
  std::unique_ptr<Log> log_;
  std::optional<std::string> held_line_;  ///< Looked at and not yet used.
  std::size_t lines_read_ = 0;
  std::size_t line_number_ = 0;
};

}  // namespace busmark

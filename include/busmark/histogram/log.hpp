// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
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

/// Reads a log of anyone's making, line by line: Java, JS, C (1.0 to 1.3), LF or CRLF, comments and
/// blank lines anywhere. Stamps become absolute as Java does it: BaseTime is added; without one, a
/// first stamp more than a year before StartTime means that all are relative to StartTime. C's old
/// `hdr_log_write` puts the end stamp in the length column; that is recognised and undone.
class HistogramLogReader {
 public:
  explicit HistogramLogReader(std::istream& in) : in_(in) {}

  /// The next interval; empty at the end. Throws HistogramFormatError that starts with "line N: ".
  [[nodiscard]] std::optional<HistogramLogInterval> next();

  /// From the header read so far; empty when there was none.
  [[nodiscard]] std::optional<LogTime> start() const noexcept { return start_; }
  /// Lines read so far.
  [[nodiscard]] std::size_t line_number() const noexcept { return line_number_; }

 private:
  void read_comment(std::string_view line);
  [[nodiscard]] HistogramLogInterval read_interval(std::string_view line);

  std::istream& in_;
  std::size_t line_number_ = 0;
  std::optional<LogTime> start_;
  std::optional<LogTime> base_;
};

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "busmark/histogram/log.hpp"

#include "histogram/log_line.hpp"

namespace busmark {

/// What the header of a log says, in seconds since 1970.
struct LogHeader {
  std::optional<double> start;
  std::optional<double> base;
};

/// A time of a header in seconds, though it may have been written in ms, us or ns.
[[nodiscard]] double header_seconds(double written) noexcept;

/// When an interval was.
struct StampSpan {
  LogTime start{};
  std::chrono::milliseconds length{};
};

/// How the two stamps of a log's lines are to be read. As the format has it, a start in seconds,
/// absolute or relative to the header's time, then a length in seconds. Writers put ends there,
/// count milliseconds, or leave both unset; each is recognised where the stamps contradict the
/// format and fit nothing else.
class StampReading {
 public:
  /// From the header and the lines that are known of the log.
  StampReading(const LogHeader& header, std::span<const LogLine> lines);

  /// Empty where the writer had no stamps. Throws HistogramFormatError for a time that can be none.
  [[nodiscard]] std::optional<StampSpan> span_of(const LogLine& line) const;

 private:
  /// What the second stamp is.
  enum class Second { length, end, length_in_seconds };
  /// How the intervals of a log lie beside each other under one of these.
  struct Fit {
    bool possible = true;      ///< No length is negative, no two intervals of a tag overlap.
    bool even = true;          ///< All lengths are alike, to a tenth.
    std::size_t touching = 0;  ///< Intervals that begin where the one before ends.
  };

  [[nodiscard]] bool is_unset(const LogLine& line) const noexcept;
  [[nodiscard]] double start_of(const LogLine& line) const;
  [[nodiscard]] double length_of(const LogLine& line, Second second) const;
  [[nodiscard]] Fit fit(std::span<const LogLine> lines, Second second) const;
  [[nodiscard]] Second read_second(std::span<const LogLine> lines) const;

  LogHeader header_;
  bool relative_ = false;  ///< To the header's base, or its start where it has none.
  Second second_ = Second::length;
};

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace busmark {

/// A line of a histogram log, split but not yet understood: the numbers are as they were written,
/// whatever they count.
struct LogLine {
  std::size_t number = 0;  ///< In the file, from 1.
  std::string tag;         ///< Empty: none.
  double start = 0;
  double second = 0;  ///< A length, or an end.
  std::string base64;
};

/// `line` without a byte order mark and without blanks around it.
[[nodiscard]] std::string_view bare_line(std::string_view line) noexcept;

/// `field` without the quotes around it: "x", 'x' and Python's b'x'; a comma behind them goes too.
[[nodiscard]] std::string_view unquoted(std::string_view field) noexcept;

/// Whether a bare line names the columns: "StartTimestamp","Interval_Length" and so on.
[[nodiscard]] bool is_log_legend(std::string_view line) noexcept;

/// The number behind `name` in a header line such as `#[BaseTime: 1.5 (seconds since epoch)]`, as
/// it was written. `name` is of small letters; the line may use others, blanks, `_` or `-` in it,
/// and `=` for the colon. Empty for another header. Throws HistogramFormatError where it is no
/// number.
[[nodiscard]] std::optional<double> header_number(std::string_view line, std::string_view name);

/// Splits a bare line at its commas, or at semicolons or tabs, which spreadsheets write. Numbers
/// may have decimal commas, as .NET writes them in such a locale. Throws HistogramFormatError.
[[nodiscard]] LogLine split_log_line(std::string_view line);

}  // namespace busmark

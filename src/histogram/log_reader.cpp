// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <istream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "busmark/histogram/log.hpp"

#include "histogram/base64.hpp"
#include "histogram/cookie.hpp"
#include "histogram/log_line.hpp"
#include "histogram/log_stamps.hpp"

namespace busmark {
namespace {

/// Lines of a log that are looked at before its stamps are understood.
constexpr std::size_t kLookAhead = 1'000;

[[noreturn]] void refuse(std::size_t line, const char* why) {
  throw HistogramFormatError(fmt::format("line {}: {}", line, why));
}

}  // namespace

/// One of the logs that a file may hold one after the other.
struct HistogramLogReader::Log {
  LogHeader header;
  std::vector<LogLine> lines;  ///< Read and not yet handed out, in the order of the file.
  std::size_t next = 0;        ///< Of those.
  std::optional<StampReading> reading;
  std::string trouble;  ///< Why the line behind these cannot be read; empty: it can.
};

HistogramLogReader::HistogramLogReader(std::istream& in) : in_(in), log_(std::make_unique<Log>()) {}
HistogramLogReader::~HistogramLogReader() = default;

std::optional<HistogramLogInterval> HistogramLogReader::next() {
  Log& log = *log_;
  if (log.next == log.lines.size()) {
    log.lines.clear();
    log.next = 0;
    read_ahead();
    if (log.lines.empty()) {
      if (log.trouble.empty()) return std::nullopt;
      line_number_ = lines_read_;
      throw HistogramFormatError(std::exchange(log.trouble, {}));
    }
    if (!log.reading) log.reading.emplace(log.header, log.lines);
  }
  const LogLine& line = log.lines[log.next++];
  line_number_ = line.number;
  try {
    const auto span = log.reading->span_of(line);
    return HistogramLogInterval{.tag = line.tag,
                                .start = span ? span->start : LogTime{},
                                .length = span ? span->length : std::chrono::milliseconds{},
                                .histogram = decode_histogram(line.base64),
                                .dated = span.has_value()};
  } catch (const HistogramFormatError& error) {
    refuse(line.number, error.what());
  }
}

/// Fills `lines` from the log at hand, or, where that has ended, from the one behind it.
void HistogramLogReader::read_ahead() {
  Log& log = *log_;
  if (!log.trouble.empty()) return;
  try {
    while (log.lines.size() < kLookAhead) {
      const std::optional<std::string> text = take_line();
      if (!text) return;
      const std::string_view line = bare_line(*text);
      if (line.empty() || is_log_legend(line)) continue;
      if (line.front() != '#') {
        read_interval(line);
      } else if (!read_header(line)) {
        return;
      }
    }
  } catch (const HistogramFormatError& error) {
    log.trouble = fmt::format("line {}: {}", lines_read_, error.what());
  }
}

/// False where the header is that of a further log, and what was read is to be handed out first.
bool HistogramLogReader::read_header(std::string_view line) {
  Log& log = *log_;
  const auto start = header_number(line, "starttime");
  const auto base = header_number(line, "basetime");
  if (!start && !base) return true;
  if (!log.lines.empty()) {
    held_line_ = std::string(line);
    return false;
  }
  if (log.reading) {  // The log before has given all that it had.
    log.header = {};
    log.reading.reset();
  }
  if (start) log.header.start = header_seconds(*start);
  if (base) log.header.base = header_seconds(*base);
  return true;
}

void HistogramLogReader::read_interval(std::string_view text) {
  LogLine line = split_log_line(text);
  line.number = lines_read_;
  // A mail or an editor has broken it.
  while (histogram_goes_on(line.base64)) {
    std::optional<std::string> more = take_line();
    if (!more) break;
    if (!is_base64(bare_line(*more))) {
      held_line_ = std::move(more);
      break;
    }
    line.base64 += bare_line(*more);
  }
  log_->lines.push_back(std::move(line));
}

std::optional<std::string> HistogramLogReader::take_line() {
  std::string line;
  if (held_line_) {
    line = std::move(*held_line_);
    held_line_.reset();
  } else if (std::getline(in_, line)) {
    ++lines_read_;
  } else {
    return std::nullopt;
  }
  return line;
}

}  // namespace busmark

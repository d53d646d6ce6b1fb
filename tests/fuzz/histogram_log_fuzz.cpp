// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "busmark/histogram/log.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// Whether our writer could have written this interval.
bool is_writable(const busmark::HistogramLogInterval& interval) {
  const bool tag_is_fine = interval.tag.empty() || busmark::is_valid_log_tag(interval.tag);
  return tag_is_fine && interval.length < std::chrono::hours(24 * 365) &&
         interval.start.time_since_epoch() < std::chrono::hours(24 * 365 * 1'000);
}

/// What was read and is written again must come back the same.
void exercise(const busmark::HistogramLogInterval& interval) {
  std::stringstream log;
  busmark::HistogramLogWriter(log, {.start = interval.start}).write(interval);
  busmark::HistogramLogReader reader(log);
  const auto again = reader.next();
  require(again.has_value());
  require(again->tag == interval.tag);
  require(again->start == interval.start);
  require(again->length == interval.length);
  require(again->histogram.buckets() == interval.histogram.buckets());
  require(!reader.next());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in(std::string(data, data + size));
  busmark::HistogramLogReader reader(in);
  try {
    while (const auto interval = reader.next()) {
      if (is_writable(*interval)) exercise(*interval);
    }
  } catch (const busmark::HistogramFormatError&) {
  }
  return 0;
}

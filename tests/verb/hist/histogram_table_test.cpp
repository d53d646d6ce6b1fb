// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "verb/hist/table.hpp"

using namespace busmark;

namespace {

HistogramEntry entry(std::uint64_t value, std::uint64_t count) {
  DecodedHistogram histogram(HistogramShape(1, std::uint64_t{1} << 62, 3));
  histogram.append(histogram.shape().index_of(value), count);
  return {.source = "a.hlog", .tag = "x", .when = std::nullopt, .histogram = histogram};
}

std::string table_of(const HistogramEntry& entry, ValueUnit unit, bool by_interval = false) {
  HistogramTable table(
      {.by_interval = by_interval, .percentiles = {{500'000}, {950'000}}, .unit = unit});
  table.add(entry);
  return table.text();
}

}  // namespace

TEST_CASE("a percentile appears with the sample that carries it, not before") {
  CHECK(table_of(entry(100, 71), ValueUnit::nanoseconds) ==
        "tag  count    min   mean    p50  p95    max\n"
        "x       71  100ns  100ns  100ns    -  100ns\n\n"
        "-  withheld, too few samples: p95 needs 72\n");
  CHECK(table_of(entry(100, 72), ValueUnit::nanoseconds) ==
        "tag  count    min   mean    p50    p95    max\n"
        "x       72  100ns  100ns  100ns  100ns  100ns\n");
}

TEST_CASE("raw numbers come without a note, and a mean with three decimals") {
  CHECK(table_of(entry(100, 71), ValueUnit::raw) ==
        "tag  count  min     mean  p50  p95  max\n"
        "x       71  100  100.000  100    -  100\n");
}

TEST_CASE("an interval shows its start as UTC, or as seconds when raw") {
  HistogramEntry dated = entry(100, 100);
  dated.when = LogSpan{.start = LogTime(std::chrono::milliseconds(1'700'000'000'007)),
                       .length = std::chrono::milliseconds(1'500)};
  CHECK(table_of(dated, ValueUnit::nanoseconds, true) ==
        "tag  start                     length  count    p50    p95    max\n"
        "x    2023-11-14T22:13:20.007Z    1.5s    100  100ns  100ns  100ns\n");
  CHECK(table_of(dated, ValueUnit::raw, true) ==
        "tag  start           length  count  p50  p95  max\n"
        "x    1700000000.007   1.500    100  100  100  100\n");
}

TEST_CASE("a value too long for std::chrono is still shown") {
  const std::string text = table_of(entry(std::uint64_t{1} << 61, 1), ValueUnit::seconds);
  CHECK(text.find(" 640511947003804h ") != std::string::npos);
}

TEST_CASE("a tag that no tool should have written cannot command the terminal") {
  HistogramEntry hostile = entry(1, 1);
  hostile.tag = "\x1b[31m";
  CHECK(tag_text(hostile) == "\"\\x1b[31m\"");
  hostile.tag = "";
  CHECK(tag_text(hostile) == "(untagged)");
  hostile.line = 3;
  CHECK(tag_text(hostile) == "line 3");
}

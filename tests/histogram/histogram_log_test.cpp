// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "busmark/histogram/decimal.hpp"
#include "busmark/histogram/histogram.hpp"
#include "busmark/histogram/log.hpp"

#include "hdr_golden.hpp"

using busmark::DecodedHistogram;
using busmark::Histogram;
using busmark::HistogramFormatError;
using busmark::HistogramLogInterval;
using busmark::HistogramLogReader;
using busmark::HistogramLogWriter;
using busmark::LogTime;
using busmark::Percentile;
using std::chrono::milliseconds;

namespace {

constexpr LogTime kStart{milliseconds(1'700'000'000'000)};

DecodedHistogram of(std::uint64_t value) {
  Histogram histogram;
  histogram.record(value);
  return DecodedHistogram(histogram);
}

std::vector<HistogramLogInterval> read(const std::string& text) {
  std::istringstream in(text);
  HistogramLogReader reader(in);
  std::vector<HistogramLogInterval> intervals;
  while (auto interval = reader.next()) intervals.push_back(std::move(*interval));
  return intervals;
}

std::string line(const std::string& fields) {
  return fields + "," + encode_histogram(of(42)) + "\n";
}

std::string without_histograms(const std::string& text) {
  std::string result;
  for (const auto& text_line : golden::split(text, '\n')) {
    result += text_line.substr(0, text_line.find("HISTF")) + '\n';
  }
  return result;
}

}  // namespace

TEST_CASE("Java's log is read back as Java, JS and C read it") {
  const auto intervals = read(golden::text("hlog/intervals.hlog"));
  const auto expected = nlohmann::json::parse(golden::text("hlog/intervals.expect.json"));
  REQUIRE(intervals.size() == expected.size());
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    CAPTURE(i);
    const auto& interval = intervals[i];
    const auto& expect = expected[i];
    CHECK(interval.tag == (expect["tag"].is_null() ? "" : expect["tag"].get<std::string>()));
    CHECK(interval.start.time_since_epoch().count() == expect["start_ms"].get<std::int64_t>());
    CHECK((interval.start + interval.length).time_since_epoch().count() ==
          expect["end_ms"].get<std::int64_t>());
    CHECK(interval.histogram.total() == expect["total"].get<std::uint64_t>());
    CHECK(interval.histogram.max() == expect["max"].get<std::uint64_t>());
    CHECK(interval.histogram.value_at(Percentile{950'000}) == expect["p95"].get<std::uint64_t>());
  }
}

TEST_CASE("our log of the same intervals is Java's, but for the compressed bytes") {
  const auto golden_text = golden::text("hlog/intervals.hlog");
  std::ostringstream out;
  HistogramLogWriter writer(out, {.start = kStart,
                                  .comment = "golden interval log, Java HdrHistogram",
                                  .max_unit_ratio = 1'000});
  for (const auto& interval : read(golden_text)) writer.write(interval);
  CHECK(without_histograms(out.str()) == without_histograms(golden_text));
  const auto original = read(golden_text);
  const auto again = read(out.str());
  REQUIRE(again.size() == original.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    CHECK(encode_histogram_bytes(again[i].histogram) ==
          encode_histogram_bytes(original[i].histogram));
  }
}

TEST_CASE("both kinds of line of the C library last one second") {
  const auto intervals = read(golden::text("hlog/c_writer.hlog"));
  REQUIRE(intervals.size() == 2);
  for (const auto& interval : intervals) {
    CHECK(interval.start == kStart);
    CHECK(interval.length == milliseconds(1'000));
  }
  CHECK(intervals[0].tag.empty());
  CHECK(intervals[1].tag == "abc");
}

TEST_CASE("stamps relative to a BaseTime become absolute") {
  const auto intervals = read(
      "#[StartTime: 1700000000.000 (seconds since epoch), x]\n"
      "#[BaseTime: 1600000000.500 (seconds since epoch)]\n" +
      line("1.250,1.000,0.042"));
  REQUIRE(intervals.size() == 1);
  CHECK(intervals[0].start == LogTime(milliseconds(1'600'000'001'750)));
}

TEST_CASE("without a BaseTime, stamps long before the start are relative to it") {
  const auto intervals = read("#[StartTime: 1700000000.000 (seconds since epoch), x]\n" +
                              line("0.127,1.000,0.042") + line("1.127,1.000,0.042"));
  REQUIRE(intervals.size() == 2);
  CHECK(intervals[0].start == kStart + milliseconds(127));
  CHECK(intervals[1].start == kStart + milliseconds(1'127));
}

TEST_CASE("without any header, stamps are taken as they are") {
  const auto intervals = read(line("0.5,1.000,0.042"));
  REQUIRE(intervals.size() == 1);
  CHECK(intervals[0].start == LogTime(milliseconds(500)));
}

TEST_CASE("blank lines, CRLF, comments between intervals and a missing last newline are fine") {
  auto text = "\r\n#[free]\r\n\n\"StartTimestamp\",\"x\"\r\n" + line("1.000,1.000,0.042") +
              "#[more]\n" + line("Tag=a,2.000,1.000,0.042");
  text.pop_back();
  const auto intervals = read(text);
  REQUIRE(intervals.size() == 2);
  CHECK(intervals[1].tag == "a");
  CHECK(intervals[1].histogram.total() == 1);
}

TEST_CASE("a broken line is named by its number") {
  CHECK_THROWS_WITH_AS(read("#[x]\n1.000,1.000\n"),
                       "line 2: a start, a length, a maximum and a histogram are wanted, "
                       "separated by commas",
                       HistogramFormatError);
  CHECK_THROWS_WITH_AS(read("now,1.000,1.000,x\n"),
                       "line 1: the start of the interval is not a number of seconds",
                       HistogramFormatError);
  for (const std::string bad : {"nan", "-1", "inf", "1e300", "", "1.0x"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(read(line(bad + ",1.000,0.042")), HistogramFormatError);
    CHECK_THROWS_AS(read(line("1.000," + bad + ",0.042")), HistogramFormatError);
  }
  CHECK_THROWS_AS(read("1.000,1.000,0.042,HISTF\n"), HistogramFormatError);
  CHECK_THROWS_AS(read("#[StartTime: soon]\n"), HistogramFormatError);
}

TEST_CASE("a tag or comment that other readers choke on is refused") {
  CHECK(busmark::is_valid_log_tag("queue/spsc.response"));
  for (const std::string bad : {"", "a,b", "a b", "a\n", "a\r", "\xc3\xa4"}) {
    CAPTURE(bad);
    CHECK_FALSE(busmark::is_valid_log_tag(bad));
  }
  std::ostringstream out;
  HistogramLogWriter writer(out, {.start = kStart});
  CHECK_THROWS_AS(writer.write({"a,b", kStart, milliseconds(1), of(1)}), std::invalid_argument);
  CHECK_THROWS_AS(HistogramLogWriter(out, {.comment = "two\nlines"}), std::invalid_argument);
  CHECK_THROWS_AS(HistogramLogWriter(out, {.comment = std::string(121, 'x')}),
                  std::invalid_argument);
}

TEST_CASE("no header line is longer than the C reader's buffer") {
  std::ostringstream out;
  HistogramLogWriter(out, {.start = kStart, .comment = std::string(120, 'x')});
  for (const auto& text_line : golden::split(out.str(), '\n')) CHECK(text_line.size() < 127);
}

TEST_CASE("decimals are rounded half up on the shortest form, as Java does") {
  using busmark::format_half_up;
  CHECK(format_half_up(0, 3) == "0.000");
  CHECK(format_half_up(0.0005, 3) == "0.001");
  CHECK(format_half_up(0.00049, 3) == "0.000");
  CHECK(format_half_up(1.0005, 3) == "1.001");  // printf: 1.000, the double is a little less.
  CHECK(format_half_up(2.5, 0) == "3");
  CHECK(format_half_up(9.9996, 3) == "10.000");
  CHECK(format_half_up(999.9995, 3) == "1000.000");
  CHECK(format_half_up(123456.789, 2) == "123456.79");
  CHECK(format_half_up(0.96, 0) == "1");
  CHECK(format_half_up(1e-9, 3) == "0.000");
  CHECK(format_half_up(9223372036854775807.0, 1) == "9223372036854776000.0");
}

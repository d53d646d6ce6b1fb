// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/histogram/histogram.hpp"
#include "busmark/histogram/log.hpp"

#include "histogram/base64.hpp"

using busmark::DecodedHistogram;
using busmark::Histogram;
using busmark::HistogramFormatError;
using busmark::HistogramLogReader;
using busmark::HistogramShape;

namespace {

std::string base64_of(std::uint64_t value) {
  Histogram histogram;
  for (std::uint64_t i = 0; i < 200; ++i) histogram.record(value + 977 * i);
  return encode_histogram(DecodedHistogram(histogram));
}

/// `text` with a histogram for each `H` that stands alone between a comma and the end of a line.
std::string filled(std::string text) {
  for (auto at = text.find(",H\n"); at != std::string::npos; at = text.find(",H\n", at)) {
    text.replace(at + 1, 1, base64_of(42));
  }
  return text;
}

/// `tag start+length` in ms for each interval, or why the log is refused.
std::string read(const std::string& text) {
  std::istringstream in(text);
  HistogramLogReader reader(in);
  std::string said;
  try {
    while (const auto interval = reader.next()) {
      const std::string span = std::to_string(interval->start.time_since_epoch().count()) + "+" +
                               std::to_string(interval->length.count());
      said += (said.empty() ? "" : " ") + interval->tag + (interval->tag.empty() ? "" : " ") +
              (interval->dated ? span : "undated");
    }
  } catch (const HistogramFormatError& error) {
    return error.what();
  }
  return said;
}

struct Form {
  const char* writer;
  const char* log;
  const char* wanted;
};

}  // namespace

// The lines follow what each writer's own source prints; docs/histograms.md names them.
TEST_CASE("every form of line that a known writer has is read as it was meant") {
  const std::vector<Form> forms{
      {"Java, jHiccup",
       "#[Logged with jHiccup version 2.0.10]\n#[Histogram log format version 1.3]\n"
       "#[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 08:24:39 PDT 2015]\n"
       "0.127,1.007,2.769,H\n1.134,0.999,0.442,H\nTag=A,1.134,0.999,0.442,H\n",
       "1441812279601+1007 1441812280608+999 A 1441812280608+999"},
      {"cassandra-stress",
       "#Logging op latencies for Cassandra Stress\n#[Histogram log format version 1.3]\n"
       "#[BaseTime: 1730903661.000 (seconds since epoch)]\n"
       "#[StartTime: 1730903661.000 (seconds since epoch), Wed Nov 06 15:34:21 CET 2024]\n"
       "Tag=READ-st,0.001,0.999,3.426,H\nTag=READ-st,1.000,1.000,3.426,H\n",
       "READ-st 1730903661001+999 READ-st 1730903662000+1000"},
      {"YCSB",
       "#[Logging for: READ]\n#[Histogram log format version 1.1]\n"
       "#[StartTime: 1438613579.295 (seconds since epoch), Mon Aug 03 07:52:59 PDT 2015]\n"
       "1438613579.290,0.660,0.488,H\n",
       "1438613579290+660"},
      {"nosqlbench",
       "#logging histograms for session scenario_1\n"
       "#[StartTime: 1652362859.432 (seconds since epoch), Thu May 12 15:40:59 CEST 2022]\n"
       "#UNITS: StartTimestamp = seconds since StartTime; Interval_Length = seconds\n"
       "Tag=cql.result,31.841,8.163,2.970,H\n",
       "cql.result 1652362891273+8163"},
      {"C, jHiccup 1.x: the second column is called EndTimestamp and holds a length",
       "#[Histogram log format version 1.01]\n"
       "#[StartTime: 1403476110.183 (seconds since epoch), Mon Jun 23 10:28:30 NZST 2014]\n"
       "\"StartTimestamp\",\"EndTimestamp\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"
       "0.042,5.004,0.115,H\n5.046,5.000,1.294,H\n",
       "1403476110225+5004 1403476115229+5000"},
      {"C, hdr_log_write: an end; hdr_log_write_entry: a length",
       "1700000000.000,1700000001.000,1000000.0,H\nTag=abc,1700000000.000,1.000,1000000.0,H\n",
       "1700000000000+1000 abc 1700000000000+1000"},
      {"Go since November 2025, scylla-bench",
       "#[StartTime: 1750000000 (seconds since epoch), 2025-06-15T15:06:40Z]\n"
       "#[BaseTime: 1750000000 (seconds since epoch)]\n"
       "Tag=co-fixed,0.000000,1.000000,0.512000,H\nTag=co-fixed,1.000000,1.000000,0.5,H\n",
       "co-fixed 1750000000000+1000 co-fixed 1750000001000+1000"},
      {"Go before, its base in other letters: milliseconds, ends, the base taken off in seconds",
       "#[StartTime: 1750000000 (seconds since epoch), 2025-06-15T15:06:40Z]\n"
       "#[Basetime: 1750000000 (seconds since epoch)]\n"
       "1748250000000.000000,1748250001000.000000,0.512000,H\n"
       "1748250001000.000000,1748250002000.000000,0.512000,H\n",
       "1750000000000+1000 1750000001000+1000"},
      {"Go before, without a base", "1750000000000.000000,1750000001000.000000,0.512000,H\n",
       "1750000000000+1000"},
      {"Python",
       "#[StartTime: 1441812279.474000 (seconds since epoch), 2015-09-09 08:24:39]\n"
       "#[BaseTime: 1441812279.474000 (seconds since epoch)]\n"
       "0.127000,1.007000,2.000000,H\n",
       "1441812279601+1007"},
      {"JS: a blank line behind the start, the date in words",
       "#[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 2015 15:24:39 GMT+0000 "
       "(Coordinated Universal Time)]\n\n0.127,1.007,2.769,H\n",
       "1441812279601+1007"},
      {"Rust",
       "#Comments are great\n#[StartTime: 1500000040.000 (seconds since epoch)]\n"
       "#[BaseTime: 1500003640.000 (seconds since epoch)]\n#[MaxValueDivisor: 1000000.000]\n"
       "Tag=t,0.127,1.007,2.769,H\n",
       "t 1500003640127+1007"},
      {".NET, in a locale of decimal commas",
       "#[StartTime: 1441812279,474 (seconds since epoch), 2015-09-09T15:24:39.4740000Z]\n"
       "Tag=A,1441812279,601,1,007,2,769,H\n1441812280,608,0,999,2,769,H\n",
       "A 1441812279601+1007 1441812280608+999"},
      {"Java, Python: a histogram that nobody stamped",
       "#[StartTime: 1441812279.474 (seconds since epoch), x]\n"
       "9223372036854775.807,-9223372036854775.807,0.000,H\n1441812279.601,1.007,2.769,H\n",
       "undated 1441812279601+1007"},
      {"Java: the same beside a base",
       "#[BaseTime: 1441812279.000 (seconds since epoch)]\n"
       "9221930224575775.807,-9221930224575775.807,0.000,H\n0.601,1.007,2.769,H\n",
       "undated 1441812279601+1007"},
      {"Go: the same beside a base",
       "#[BaseTime: 1750000000 (seconds since epoch)]\n"
       "-1750000000.000000,0.000000,0.000000,H\n1.000000,1.000000,0.5,H\n",
       "undated 1750000001000+1000"},
      {"zeros in place of stamps do not make a log relative",
       "#[StartTime: 1750000000 (seconds since epoch)]\n0.000,0.000,0.000,H\n"
       "1750000001.000,1.000,0.5,H\n",
       "undated 1750000001000+1000"},
  };
  for (const Form& form : forms) {
    CAPTURE(form.writer);
    CHECK(read(filled(form.log)) == form.wanted);
  }
}

TEST_CASE("stamps that contradict the format are read as what else fits alone") {
  const std::vector<Form> forms{
      {"ends that leave gaps", "Tag=a,0,1,1,H\nTag=a,10,11,1,H\nTag=a,20,21,1,H\n",
       "a 0+1000 a 10000+1000 a 20000+1000"},
      {"two ends", "0,1,1,H\n1,2,1,H\n", "0+1000 1000+1000"},
      {"ends of two tags", "Tag=a,0,1,1,H\nTag=b,0,1,1,H\nTag=a,1,2,1,H\nTag=b,1,2,1,H\n",
       "a 0+1000 b 0+1000 a 1000+1000 b 1000+1000"},
      {"lengths of threads that share a tag overlap, and are lengths all the same",
       "0.1,10,1,H\n0.2,10,1,H\n0.3,10,1,H\n", "100+10000 200+10000 300+10000"},
      {"snapshots from one start", "0,1,1,H\n0,2,1,H\n0,3,1,H\n", "0+1000 0+2000 0+3000"},
      {"a last interval that is shorter", "0,1,1,H\n1,1,1,H\n2,0.25,1,H\n",
       "0+1000 1000+1000 2000+250"},
      {"milliseconds, lengths too", "1750000000000,1000,1,H\n1750000001000,1000,1,H\n",
       "1750000000000+1000 1750000001000+1000"},
      {"milliseconds, lengths in seconds", "1750000000000,1.0,1,H\n1750000001000,1.0,1,H\n",
       "1750000000000+1000 1750000001000+1000"},
      {"microseconds", "1750000000000000,1750000001000000,1,H\n", "1750000000000+1000"},
      {"nanoseconds", "1750000000000000000,1750000001000000000,1,H\n", "1750000000000+1000"},
      {"a header in milliseconds", "#[StartTime: 1750000000000 (seconds since epoch)]\n0.5,1,1,H\n",
       "1750000000500+1000"},
      {"a start of the first year is no base of the stamps", "#[StartTime: 100 (x)]\n100.5,1,1,H\n",
       "100500+1000"},
      {"stamps that are absolute already, beside a base",
       "#[BaseTime: 1750000000 (seconds since epoch)]\n1750000000.5,1,1,H\n", "1750000000500+1000"},
  };
  for (const Form& form : forms) {
    CAPTURE(form.writer);
    CHECK(read(filled(form.log)) == form.wanted);
  }
}

TEST_CASE("headers of other spellings say the same") {
  for (const std::string spelling :
       {"#[BaseTime: 100 (seconds since epoch)]", "#[Basetime: 100 (seconds since epoch)]",
        "#[basetime:100]", "#[Base_Time = 100.000]", "# base time: 100", "#[BASETIME: 100,000]",
        "  #[BaseTime: 100 (s)]  "}) {
    CAPTURE(spelling);
    CHECK(read(filled(spelling + "\n1,1,1,H\n")) == "101000+1000");
  }
  CHECK(read(filled("# start time unknown\n# Start time: noon\n1,1,1,H\n")) == "1000+1000");
  CHECK(read(filled("#[StartTime: noon]\n1,1,1,H\n")) ==
        "line 1: the time in the header is not a number of seconds");
}

TEST_CASE("each of the logs in one file goes by its own header") {
  CHECK(read(filled("#[StartTime: 1700000000 (x)]\n0,1,1,H\n1,1,1,H\n"
                    "#[StartTime: 1800000000 (x)]\n0,1,1,H\n1,1,1,H\n")) ==
        "1700000000000+1000 1700000001000+1000 1800000000000+1000 1800000001000+1000");
  CHECK(read(filled("#[StartTime: 1700000000 (x)]\n#[BaseTime: 1600000000 (x)]\n0,1,1,H\n"
                    "#[StartTime: 1800000000 (x)]\n1800000005,1,1,H\n")) ==
        "1600000000000+1000 1800000005000+1000");
}

TEST_CASE("the thousand lines that decide are no limit of a log") {
  std::string log;
  for (int i = 0; i < 2'500; ++i) {
    log += "Tag=t," + std::to_string(i) + "," + std::to_string(i + 1) + ",1,H\n";
  }
  const std::string said = read(filled(log));
  CHECK(said.ends_with("t 2498000+1000 t 2499000+1000"));
  CHECK(said.find("+2000") == std::string::npos);
}

TEST_CASE("a log that went through other programs is read") {
  const std::string one = base64_of(42);
  const std::string wanted = "a 1000+1000";
  std::string wrapped = "Tag=a,1,1,1,";
  for (std::size_t at = 0; at < one.size(); at += 60) wrapped += one.substr(at, 60) + "\r\n";
  for (const std::string& log :
       {"\xef\xbb\xbfTag=a,1,1,1," + one + "\n", "\xef\xbb\xbf#[x]\nTag=a,1,1,1," + one,
        "Tag=a,1,1,1," + one + "\t \n", "  Tag=a, 1, 1 , 1,\t" + one + "\r\n",
        "Tag=a,1,1,1,\"" + one + "\"\n", "\"Tag=a\",\"1\",\"1\",\"1\",\"" + one + "\"\n",
        "Tag=a;1,0;1,0;1,0;" + one + "\n", "Tag=a\t1\t1\t1\t" + one + "\n", wrapped,
        "#[x]\r\r\n\r\nTag=a,1,1,1," + one + "\r\n"}) {
    CAPTURE(log);
    CHECK(read(log) == wanted);
  }
  CHECK(read(wrapped + "Tag=b,2,1,1," + one + "\n") == wanted + " b 2000+1000");
}

TEST_CASE(
    "a line that is cut or foreign is refused at its number, and what stands before is read") {
  const std::string one = base64_of(42);
  std::istringstream in("1,1,1," + one + "\n2,1,1," + one.substr(0, 40) + "\n3,1,1," + one + "\n");
  HistogramLogReader reader(in);
  CHECK(reader.next().has_value());
  CHECK_THROWS_WITH_AS(static_cast<void>(reader.next()),
                       doctest::Contains("line 2: the histogram claims"), HistogramFormatError);
  CHECK(read("1,1,1," + one + "\nwhat is this\n") ==
        "line 2: a start, a length, a maximum and a histogram are wanted, separated by commas");
}

namespace {

void put(std::vector<std::uint8_t>& bytes, std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(value >> shift & 0xff));
  }
}

/// Counts 5 and 7 at the values 3 and 9, in an encoding that counts in words.
std::string old_encoding(int version, int word) {
  std::vector<std::uint8_t> bytes;
  put(bytes, (version == 0 ? 0x1c849308U : 0x1c849301U) | static_cast<unsigned>(word) << 4, 4);
  if (version == 1) put(bytes, static_cast<std::uint64_t>(10 * word), 4);
  if (version == 1) put(bytes, 0, 4);
  put(bytes, 3, 4);
  put(bytes, 1, 8);
  put(bytes, 3'600'000'000, 8);
  put(bytes, version == 0 ? 12 : 0x3ff0000000000000U, 8);
  for (int i = 0; i < 10; ++i) put(bytes, i == 3 ? 5 : i == 9 ? 7 : 0, word);
  std::string text;
  busmark::to_base64(bytes, text);
  return text;
}

}  // namespace

TEST_CASE("the encodings of 2014 and 2015 are read, and so is what is not compressed") {
  for (const int version : {0, 1}) {
    for (const int word : {2, 4, 8}) {
      CAPTURE(version);
      CAPTURE(word);
      const auto histogram = busmark::decode_histogram(old_encoding(version, word));
      CHECK(histogram.total() == 12);
      CHECK(histogram.min() == 3);
      CHECK(histogram.max() == 9);
      CHECK(histogram.buckets().front().count == 5);
    }
    CHECK_THROWS_WITH_AS(static_cast<void>(busmark::decode_histogram(old_encoding(version, 1))),
                         "the histogram has counts of 1 bytes; 2, 4 or 8 are wanted",
                         HistogramFormatError);
  }
  Histogram histogram;
  histogram.record_n(12'345, 6);
  std::string plain;
  busmark::to_base64(encode_histogram_bytes(DecodedHistogram(histogram)), plain);
  CHECK(plain.starts_with("HISTEw"));
  CHECK(busmark::decode_histogram(plain).buckets() == DecodedHistogram(histogram).buckets());
}

TEST_CASE("an old encoding that claims or holds too much is refused") {
  std::vector<std::uint8_t> bytes;
  put(bytes, 0x1c849381, 4);
  put(bytes, 0xfffffff8, 4);
  put(bytes, 0, 4);
  put(bytes, 3, 4);
  put(bytes, 1, 8);
  put(bytes, 3'600'000'000, 8);
  put(bytes, 0, 8);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(busmark::decode_histogram_bytes(bytes)),
      "the histogram claims 4294967288 bytes of counts of 8, and has room for 23552",
      HistogramFormatError);
  bytes[4] = bytes[5] = bytes[6] = 0;
  bytes[7] = 16;
  put(bytes, std::numeric_limits<std::int64_t>::max(), 8);
  put(bytes, 1, 8);
  CHECK_THROWS_WITH_AS(static_cast<void>(busmark::decode_histogram_bytes(bytes)),
                       "the counts of the histogram add up to more than 2^63 - 1",
                       HistogramFormatError);
  bytes.pop_back();
  CHECK_THROWS_AS(static_cast<void>(busmark::decode_histogram_bytes(bytes)), HistogramFormatError);
}

TEST_CASE("base64 of other alphabets and without pads is the same") {
  const std::vector<std::uint8_t> bytes{0xfb, 0xff, 0xbf, 0x01};
  CHECK(busmark::from_base64("+/+/AQ==") == bytes);
  CHECK(busmark::from_base64("-_-_AQ==") == bytes);
  CHECK(busmark::from_base64("+/+/AQ") == bytes);
  for (const std::string bad : {"+/+/A", "+/+/AQ=", "+/+*AQ==", "+/+/=Q=="}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(static_cast<void>(busmark::from_base64(bad)), HistogramFormatError);
  }
}

// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/histogram/codec.hpp"
#include "busmark/histogram/histogram.hpp"

#include "hdr_golden.hpp"

using busmark::decode_histogram;
using busmark::DecodedHistogram;
using busmark::Histogram;
using busmark::HistogramEncoder;
using busmark::HistogramFormatError;
using busmark::HistogramShape;
using busmark::Percentile;

namespace {

std::string hex(const std::vector<std::uint8_t>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

void check_equals(const DecodedHistogram& histogram, const golden::Expectation& expect) {
  CHECK(histogram.total() == expect.total);
  CHECK(histogram.min() == expect.min);
  CHECK(histogram.max() == expect.max);
  CHECK(histogram.mean() == expect.mean);
  CHECK(histogram.stddev() == expect.stddev);
  CHECK(histogram.buckets().size() == expect.nonzero_buckets);
  CHECK(expect.percentiles.size() == 8);
  for (const auto& expected : expect.percentiles) {
    const double percent = expected.first;
    const std::uint64_t value = expected.second;
    CAPTURE(percent);
    CHECK(histogram.value_at_percentile(percent) == value);
    const auto parts = static_cast<std::uint32_t>(percent * 10'000 + 0.5);
    CHECK(histogram.value_at(Percentile{parts}) == value);
  }
}

DecodedHistogram of(std::initializer_list<std::uint64_t> values) {
  Histogram histogram;
  for (const auto value : values) histogram.record(value);
  return DecodedHistogram(histogram);
}

}  // namespace

TEST_CASE("each golden set encodes to Java's very bytes") {
  CHECK(golden::datasets().size() == 12);
  for (const auto& set : golden::datasets()) {
    CAPTURE(set.name);
    const auto bytes = encode_histogram_bytes(golden::recorded(set));
    CHECK(bytes.size() == set.expect.inflated_length);
    const auto java = busmark::inflate_histogram(golden::base64("java", set.name));
    CHECK(bytes == java);
    if (!set.inflated_hex.empty()) CHECK(hex(bytes) == set.inflated_hex);
  }
}

TEST_CASE("what Java, JS and C wrote decodes to what Java reports") {
  for (const auto& set : golden::datasets()) {
    for (const std::string maker : {"java", "js", "c"}) {
      const std::string& name = set.name;
      // The C library's corrected copy is another histogram (it expands from the lowest value).
      if (maker == "c" && name == "co_copy") continue;
      CAPTURE(name);
      CAPTURE(maker);
      const auto decoded = decode_histogram(golden::base64(maker, name));
      check_equals(decoded, set.expect);
      CHECK(decoded.buckets() == golden::recorded(set).buckets());
    }
  }
  CHECK(decode_histogram(golden::base64("c", "co_copy")).total() == 2'144);
}

TEST_CASE("malformed strings get the verdict a strict decoder owes them") {
  std::istringstream lines(golden::text("malformed.tsv"));
  int checked = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto fields = golden::split(line, '\t');
    REQUIRE(fields.size() == 6);
    CAPTURE(fields[0]);
    if (fields[1] == "accept") CHECK_NOTHROW(static_cast<void>(decode_histogram(fields[5])));
    if (fields[1] == "reject")
      CHECK_THROWS_AS(static_cast<void>(decode_histogram(fields[5])), HistogramFormatError);
    ++checked;
  }
  CHECK(checked == 21);
}

TEST_CASE("an encoder that is used again says what a new one says, with and without a reserve") {
  HistogramEncoder encoder;
  for (const bool reserved : {false, true}) {
    if (reserved) encoder.reserve(Histogram::shape());
    for (const std::uint64_t most : {5'000'000ULL, 3ULL, 800'000ULL}) {
      Histogram histogram;
      for (std::uint64_t value = 1; value < most; value = value * 9 / 8 + 1) {
        histogram.record_n(value, value);
      }
      const DecodedHistogram once(histogram);
      CHECK(encoder.encode(once) == encode_histogram(once));
    }
    CHECK(encoder.encode(DecodedHistogram(Histogram::shape())) ==
          encode_histogram(DecodedHistogram(Histogram::shape())));
  }
}

TEST_CASE("a histogram that is assigned to forgets what it was, its shape included") {
  DecodedHistogram target(HistogramShape(1, 1000, 2));
  target.append(5, 7);
  Histogram histogram;
  histogram.record_n(42, 3);
  target.assign(histogram);
  CHECK(target.shape() == Histogram::shape());
  CHECK(target.total() == 3);
  CHECK(target.buckets() == DecodedHistogram(histogram).buckets());
  target.reserve_all();
  CHECK(target.total() == 0);
  CHECK(target.buckets().empty());
  CHECK(target.buckets().capacity() >= Histogram::shape().length());
}

TEST_CASE("our own text comes back as the same histogram") {
  Histogram histogram;
  for (std::uint64_t value = 1; value < 70'000'000'000; value = value * 5 / 4 + 1) {
    histogram.record_n(value, value % 1'000 + 1);
  }
  const DecodedHistogram original(histogram);
  const auto text = encode_histogram(original);
  CHECK(text.starts_with("HISTF"));
  const auto decoded = decode_histogram(text);
  CHECK(decoded.shape() == original.shape());
  CHECK(decoded.buckets() == original.buckets());
  CHECK(decoded.total() == histogram.total());
}

TEST_CASE("the largest count survives, one more is refused") {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  DecodedHistogram histogram(HistogramShape(1, 100, 1));
  histogram.append(3, kMax);
  CHECK(decode_histogram(encode_histogram(histogram)).total() == kMax);
  CHECK_THROWS_AS(histogram.append(4, 1), std::overflow_error);
}

TEST_CASE("a claim of many counts that never come is refused") {
  auto bytes = encode_histogram_bytes(of({5}));
  bytes[4] = 0x00;
  bytes[5] = 0x03;
  CHECK_THROWS_WITH_AS(static_cast<void>(busmark::decode_histogram_bytes(bytes)),
                       "the size of the histogram is not what its header says",
                       HistogramFormatError);
  bytes[4] = 0x7f;
  CHECK_THROWS_WITH_AS(
      static_cast<void>(busmark::decode_histogram_bytes(bytes)),
      "the histogram claims 2130903042 bytes of counts, more than its 27648 counts can take",
      HistogramFormatError);
}

TEST_CASE("other encodings of the family are named") {
  CHECK_THROWS_WITH_AS(static_cast<void>(decode_histogram("DHISTwAAAAA=")),
                       "this is a DoubleHistogram; a histogram of integers is wanted",
                       HistogramFormatError);
  CHECK_THROWS_WITH_AS(static_cast<void>(decode_histogram("Z2FyYmFnZSEh")),
                       "this is no HdrHistogram: it starts with 67617262, not 1c849314",
                       HistogramFormatError);
  CHECK_THROWS_AS(static_cast<void>(decode_histogram("")), HistogramFormatError);
}

TEST_CASE("equal shapes merge bucket by bucket") {
  auto merged = of({1, 5, 5, 900});
  merged.merge(of({0, 5, 7'000'000}));
  CHECK(merged.buckets() == of({0, 1, 5, 5, 5, 900, 7'000'000}).buckets());
  CHECK(merged.total() == 7);
}

TEST_CASE("merging another shape keeps the finer digits whichever side merges") {
  DecodedHistogram coarse(HistogramShape(1'000, 3'600'000'000'000, 1));
  coarse.append(coarse.shape().index_of(3'000'000'000'000), 4);
  const auto fine = of({123'457, 1'000});
  auto one = fine;
  one.merge(coarse);
  auto other = coarse;
  other.merge(fine);
  CHECK(one.shape() == other.shape());
  CHECK(one.shape().digits() == 3);
  CHECK(one.shape().lowest() == 1);
  CHECK(one.buckets() == other.buckets());
  CHECK(one.total() == 6);
  CHECK(one.min() == 1'000);
}

TEST_CASE("a merge never loses values beyond the other side's nominal range") {
  DecodedHistogram wide_buckets(HistogramShape(1 << 20, 1 << 21, 3));
  const std::uint64_t largest = wide_buckets.shape().largest();
  wide_buckets.append(wide_buckets.shape().index_of(largest), 1);
  wide_buckets.merge(of({5}));
  CHECK(wide_buckets.total() == 2);
  CHECK(wide_buckets.max() > largest / 2);
}

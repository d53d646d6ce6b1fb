// SPDX-License-Identifier: Apache-2.0
#include "busmark/histogram/histogram.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

using busmark::BasicHistogram;
using busmark::Histogram;
using busmark::HistogramShape;
using busmark::Percentile;

namespace {

constexpr std::uint64_t kHighest = 60'000'000'000;

std::uint64_t sum_of_counts(const Histogram& histogram) {
  std::uint64_t sum = 0;
  for (const auto count : histogram.counts()) sum += count;
  return sum;
}

}  // namespace

TEST_CASE("the shapes have HdrHistogram's sizes") {
  CHECK(HistogramShape(1, kHighest, 2).length() == 3'840);
  CHECK(HistogramShape(1, kHighest, 3).length() == 27'648);
  CHECK(HistogramShape(1, kHighest, 3).bucket_count() == 26);
  CHECK(HistogramShape(1, kHighest, 3).sub_bucket_count() == 2'048);
  CHECK(HistogramShape(1, kHighest, 4).length() == 376'832);
  CHECK(HistogramShape(1, 3'600'000'000'000, 3).length() == 33'792);
  CHECK(HistogramShape(1'000, 3'600'000'000'000, 3).bucket_count() == 23);
  CHECK(HistogramShape(1, kHighest, 3).largest() == 68'719'476'735);
}

TEST_CASE("shapes HdrHistogram cannot hold are refused") {
  CHECK_FALSE(HistogramShape::valid(0, 100, 3));
  CHECK_FALSE(HistogramShape::valid(51, 101, 3));
  CHECK_FALSE(HistogramShape::valid(1, 100, 6));
  CHECK_FALSE(HistogramShape::valid(1, 100, -1));
  CHECK_FALSE(HistogramShape::valid(1, std::uint64_t{1} << 63, 3));
  CHECK_FALSE(HistogramShape::valid(std::uint64_t{1} << 52, std::uint64_t{1} << 60, 3));
  CHECK(HistogramShape::valid(std::uint64_t{1} << 51, std::uint64_t{1} << 60, 3));
  CHECK_THROWS_AS(HistogramShape(0, 100, 3), std::invalid_argument);
}

TEST_CASE("buckets follow each other without gap and know their own values") {
  for (const auto& shape : {HistogramShape(1, kHighest, 1), HistogramShape(1, kHighest, 3),
                            HistogramShape(1'000, 3'600'000'000'000, 3), HistogramShape(7, 99, 0),
                            HistogramShape(1, (std::uint64_t{1} << 63) - 1, 2)}) {
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < shape.length(); ++i) {
      REQUIRE(shape.lowest_value(i) == expected);
      REQUIRE(shape.index_of(shape.lowest_value(i)) == i);
      REQUIRE(shape.index_of(shape.median_value(i)) == i);
      REQUIRE(shape.index_of(shape.highest_value(i)) == i);
      expected = shape.highest_value(i) + 1;
    }
    CHECK(shape.largest() >= shape.highest());
  }
}

TEST_CASE("no bucket of three digits is wider than a thousandth of its values") {
  const auto& shape = Histogram::shape();
  for (std::size_t i = 1'024; i < shape.length(); ++i) {
    const auto width = shape.highest_value(i) - shape.lowest_value(i);
    REQUIRE(width * 1'000 <= shape.lowest_value(i));
  }
}

TEST_CASE("an empty histogram answers zero to everything") {
  const Histogram histogram;
  CHECK(histogram.total() == 0);
  CHECK(histogram.min() == 0);
  CHECK(histogram.max() == 0);
  CHECK(histogram.mean() == 0.0);
  CHECK(histogram.stddev() == 0.0);
  CHECK(histogram.value_at(Percentile{950'000}) == 0);
  CHECK(histogram.value_at_percentile(100) == 0);
  CHECK(histogram.overflow() == 0);
}

TEST_CASE("minimum and maximum are exact, not the bounds of a bucket") {
  Histogram histogram;
  histogram.record(123'456'789);
  histogram.record(1'000'003);
  CHECK(histogram.min() == 1'000'003);
  CHECK(histogram.max() == 123'456'789);
  CHECK(histogram.value_at_percentile(100) == 123'469'823);
  histogram.record(0);
  CHECK(histogram.min() == 0);
}

TEST_CASE("the p95 of 1 to 11 is 11, because its rank is rounded up") {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 11; ++value) histogram.record(value);
  CHECK(histogram.value_at(Percentile{950'000}) == 11);
  CHECK(histogram.value_at_percentile(95) == 11);
  CHECK(histogram.value_at_percentile(50) == 6);
  CHECK(histogram.value_at_percentile(0) == 1);
  CHECK(histogram.mean() == 6.0);
  CHECK(histogram.stddev() == doctest::Approx(3.1622776601683795).epsilon(1e-15));
}

TEST_CASE("ranks are exact where doubles are not") {
  CHECK(busmark::percentile_rank(Percentile{950'000}, 20) == 19);
  CHECK(busmark::percentile_rank(95.0, 20) == 19);
  CHECK(busmark::percentile_rank(Percentile{999'999}, 1'000'000) == 999'999);
  CHECK(busmark::percentile_rank(Percentile{0}, 5) == 1);
  CHECK(busmark::percentile_rank(Percentile{2'000'000}, 5) == 5);
  CHECK(busmark::percentile_rank(99.99999, 10'000'000) == 9'999'999);
  CHECK(busmark::percentile_rank(std::nan(""), 5) == 1);
  CHECK(busmark::percentile_rank(-3.0, 5) == 1);
  CHECK(busmark::percentile_rank(250.0, 5) == 5);
  const auto all = std::numeric_limits<std::uint64_t>::max();
  CHECK(busmark::percentile_rank(Percentile{1'000'000}, all) == all);
}

TEST_CASE("every rank is the smallest that covers its share") {
  for (std::uint64_t total = 1; total <= 3'000; ++total) {
    for (const std::uint32_t parts : {1u, 500'000u, 950'000u, 990'000u, 999'000u, 999'990u}) {
      const auto rank = busmark::percentile_rank(Percentile{parts}, total);
      REQUIRE(rank * 1'000'000 >= parts * total);
      REQUIRE((rank == 1 || (rank - 1) * 1'000'000 < parts * total));
    }
  }
}

TEST_CASE("values beyond the range are counted, never dropped, and the maximum stays exact") {
  Histogram histogram;
  histogram.record(kHighest);
  CHECK(histogram.overflow() == 0);
  histogram.record(kHighest + 1);
  histogram.record_n(std::numeric_limits<std::uint64_t>::max(), 3);
  CHECK(histogram.overflow() == 4);
  CHECK(histogram.total() == 5);
  CHECK(sum_of_counts(histogram) == 5);
  CHECK(histogram.max() == std::numeric_limits<std::uint64_t>::max());
  CHECK(histogram.counts().back() == 3);
  CHECK(histogram.value_at_percentile(100) == histogram.shape().largest());
}

TEST_CASE("any number may come first, and any may follow") {
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  constexpr std::uint64_t kTop = Histogram::shape().highest();
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{1}, kTop, kTop + 1, kMost}) {
    for (const std::uint64_t second : {std::uint64_t{0}, kTop, kTop + 1, kMost / 2, kMost}) {
      Histogram histogram;
      histogram.record(first);
      histogram.record(second);
      CHECK(histogram.total() == 2);
      CHECK(histogram.min() == std::min(first, second));
      CHECK(histogram.max() == std::max(first, second));
      CHECK(histogram.overflow() == (first > kTop ? 1U : 0U) + (second > kTop ? 1U : 0U));
    }
  }
}

TEST_CASE("recording no samples of a value changes nothing") {
  Histogram histogram;
  histogram.record_n(42, 0);
  CHECK(histogram.total() == 0);
  CHECK(histogram.max() == 0);
  CHECK(histogram.min() == 0);
}

TEST_CASE("several percentiles in one scan equal each asked alone, in any order") {
  Histogram histogram;
  std::vector<std::uint64_t> values;
  std::uint64_t state = 1;
  for (int i = 0; i < 5'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    values.push_back(1 + (state >> 40) % 5'000'000);
    histogram.record(values.back());
  }
  std::sort(values.begin(), values.end());
  const std::array<Percentile, 8> asked{Percentile{999'900}, {0},       {500'000}, {750'000},
                                        {1'000'000},         {990'000}, {950'000}, {10'000}};
  std::array<std::uint64_t, 8> out{};
  histogram.values_at(asked, out);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    CHECK(out[i] == histogram.value_at(asked[i]));
    const auto rank = busmark::percentile_rank(asked[i], values.size());
    const auto index = histogram.shape().index_of(values[rank - 1]);
    const bool is_zero = asked[i].parts_per_million == 0;
    CHECK(out[i] == (is_zero ? histogram.shape().lowest_value(index)
                             : histogram.shape().highest_value(index)));
  }
}

TEST_CASE("merging equals having recorded everything in one place") {
  Histogram one, other, both;
  for (std::uint64_t value = 1; value < 1'000'000; value = value * 3 + 1) {
    one.record(value);
    both.record(value);
    other.record_n(value * 7, 2);
    both.record_n(value * 7, 2);
  }
  other.record(kHighest * 2);
  both.record(kHighest * 2);
  one.merge(other);
  CHECK(std::ranges::equal(one.counts(), both.counts()));
  CHECK(one.total() == both.total());
  CHECK(one.min() == both.min());
  CHECK(one.max() == both.max());
  CHECK(one.overflow() == both.overflow());

  const auto before = one.total();
  one.merge(Histogram{});
  CHECK(one.total() == before);
  CHECK(one.min() == 1);
}

TEST_CASE("reset forgets everything") {
  Histogram histogram;
  histogram.record(5);
  histogram.record(kHighest * 2);
  histogram.reset();
  CHECK(histogram.total() == 0);
  CHECK(histogram.overflow() == 0);
  CHECK(histogram.max() == 0);
  CHECK(sum_of_counts(histogram) == 0);
  histogram.record(7);
  CHECK(histogram.min() == 7);
}

TEST_CASE("a stall of a closed loop is filled in with the samples it missed") {
  Histogram histogram;
  histogram.record_corrected(1'000, 300);
  CHECK(histogram.total() == 3);
  CHECK(histogram.counts()[1'000] == 1);
  CHECK(histogram.counts()[700] == 1);
  CHECK(histogram.counts()[400] == 1);
  CHECK(histogram.min() == 400);

  Histogram at_twice;
  at_twice.record_corrected(600, 300);
  at_twice.record_corrected(599, 300);
  CHECK(at_twice.total() == 3);
  at_twice.record_corrected(1'000, 0);
  CHECK(at_twice.total() == 4);
}

TEST_CASE("a corrected copy keeps the original as it was") {
  Histogram raw;
  raw.record(100);
  raw.record_n(1'000, 2);
  const Histogram corrected = raw.corrected_copy(300);
  CHECK(raw.total() == 3);
  CHECK(corrected.total() == 7);
  CHECK(corrected.counts()[700] == 2);
  CHECK(corrected.counts()[400] == 2);
  CHECK(corrected.max() == 1'000);
  CHECK(corrected.min() == 100);
}

TEST_CASE("correcting an absurd value ends, and only real samples count as overflow") {
  Histogram histogram;
  histogram.record_corrected(std::numeric_limits<std::uint64_t>::max(), kHighest / 4);
  CHECK(histogram.total() == 4);
  CHECK(histogram.overflow() == 1);
  CHECK(histogram.corrected_copy(kHighest).overflow() == 1);
}

TEST_CASE_TEMPLATE("other digits and ranges work alike", Type, BasicHistogram<1, 1'000>,
                   BasicHistogram<2, kHighest>, BasicHistogram<4, kHighest>) {
  Type histogram;
  for (std::uint64_t value = 1; value <= 1'000; ++value) histogram.record(value);
  CHECK(histogram.total() == 1'000);
  const auto p95 = histogram.value_at(Percentile{950'000});
  CHECK(histogram.shape().index_of(p95) == histogram.shape().index_of(950));
  CHECK(histogram.max() == 1'000);
}

TEST_CASE("total, extremes and overflow are exact after every single record") {
  using Small = busmark::BasicHistogram<1, 1'000>;
  constexpr auto kLargest = std::numeric_limits<std::uint64_t>::max();
  constexpr std::uint64_t kValues[] = {0, 1, 7, 999, 1'000, 1'001, 1'024, 5'000, kLargest};
  std::mt19937_64 random(5);
  for (int round = 0; round < 500; ++round) {
    Small histogram;
    std::uint64_t total = 0;
    std::uint64_t overflow = 0;
    std::uint64_t min = kLargest;
    std::uint64_t max = 0;
    for (int i = 0; i < 12; ++i) {
      const std::uint64_t value = kValues[random() % std::size(kValues)];
      const std::uint64_t count = random() % 3;
      histogram.record_n(value, count);
      total += count;
      if (value > 1'000) overflow += count;
      if (count > 0) {
        min = std::min(min, value);
        max = std::max(max, value);
      }
      REQUIRE(histogram.total() == total);
      REQUIRE(histogram.overflow() == overflow);
      REQUIRE(histogram.max() == max);
      REQUIRE(histogram.min() == (total == 0 ? 0 : min));
      REQUIRE((histogram.value_at_percentile(100) == 0) == (max == 0));
    }
  }
}

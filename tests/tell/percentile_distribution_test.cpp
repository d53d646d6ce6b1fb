// SPDX-License-Identifier: Apache-2.0
#include "tell/percentile_distribution.hpp"

#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "busmark/histogram/codec.hpp"

using busmark::DecodedHistogram;
using busmark::HistogramShape;

namespace {

std::string golden_text(const std::string& name) {
  std::ifstream file(BUSMARK_TEST_DATA "/hdr/" + name, std::ios::binary);
  if (!file) throw std::runtime_error("golden file missing: " + name);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

DecodedHistogram golden_histogram(const std::string& name) {
  auto text = golden_text("b64_java/" + name + ".b64");
  while (text.back() == '\n') text.pop_back();
  return busmark::decode_histogram(text);
}

}  // namespace

TEST_CASE("the percentile table of each golden set is Java's byte for byte") {
  for (const std::string name :
       {"empty", "single", "rounding11", "uniform", "lognormal", "all_at_max", "boundaries",
        "unit1000", "big_counts", "co_raw", "co_copy", "co_intended"}) {
    CAPTURE(name);
    CHECK(percentile_distribution(golden_histogram(name)) == golden_text("hgrm/" + name + ".hgrm"));
  }
}

TEST_CASE("other ticks, other scaling and CSV are Java's byte for byte") {
  const auto histogram = golden_histogram("lognormal");
  CHECK(percentile_distribution(histogram, {.ticks_per_half_distance = 1, .scaling_ratio = 1.0}) ==
        golden_text("hgrm/lognormal.t1s1.hgrm"));
  CHECK(percentile_distribution(histogram, {.ticks_per_half_distance = 10, .scaling_ratio = 1e6}) ==
        golden_text("hgrm/lognormal.t10s1e6.hgrm"));
  CHECK(percentile_distribution_csv(histogram) == golden_text("hgrm/lognormal.csv.hgrm"));
}

TEST_CASE("the table of an empty histogram has no rows") {
  const DecodedHistogram empty(HistogramShape(1, 60'000'000'000, 3));
  CHECK(percentile_distribution_csv(empty) ==
        "\"Value\",\"Percentile\",\"TotalCount\",\"1/(1-Percentile)\"\n");
}

TEST_CASE("the table ends even where doubles cannot tell the last samples from all") {
  DecodedHistogram histogram(HistogramShape(1, 1'000, 1));
  histogram.append(1, std::numeric_limits<std::int64_t>::max() - 2);
  histogram.append(2, 1);
  histogram.append(3, 1);
  const auto text = percentile_distribution(histogram, {.scaling_ratio = 1});
  CHECK(text.find("3.0 1.000000000000 9223372036854775807\n") != std::string::npos);
}

TEST_CASE("a table without ticks or with a nonsense ratio is refused") {
  const DecodedHistogram empty(HistogramShape(1, 1'000, 1));
  CHECK_THROWS_AS(static_cast<void>(percentile_distribution(empty, {.ticks_per_half_distance = 0})),
                  std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(percentile_distribution(empty, {.scaling_ratio = 0})),
                  std::invalid_argument);
}

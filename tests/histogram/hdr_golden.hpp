// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "busmark/histogram/decoded.hpp"

/// Access to tests/golden/hdr: data that other HdrHistogram implementations made.
namespace golden {

/// What Java reports of a data set.
struct Expectation {
  std::uint64_t total = 0;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  double mean = 0;
  double stddev = 0;
  std::size_t nonzero_buckets = 0;
  std::size_t inflated_length = 0;
  std::vector<std::pair<double, std::uint64_t>> percentiles;  ///< In percent.
};

struct DataSet {
  std::string name;
  std::uint64_t lowest = 0;
  std::uint64_t highest = 0;
  int digits = 0;
  std::string mode;
  std::uint64_t interval = 0;
  std::string recipe;
  std::string fnv1a64;
  std::string inflated_hex;  ///< Short sets only.
  Expectation expect;
};

/// A whole file; throws when it is missing.
std::string text(const std::string& name);
std::vector<std::string> split(std::string_view line, char separator);
const std::vector<DataSet>& datasets();
/// `maker` is java, js or c.
std::string base64(const std::string& maker, const std::string& name);
/// The values of a data set, made anew by its recipe; throws when their hash is not the golden one.
std::vector<std::uint64_t> values(const std::string& name);
/// The data set recorded by our own histogram.
busmark::DecodedHistogram recorded(const DataSet& set);

}  // namespace golden

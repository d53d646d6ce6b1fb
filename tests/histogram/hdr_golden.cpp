// SPDX-License-Identifier: Apache-2.0
#include "hdr_golden.hpp"

#include <algorithm>
#include <bit>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "busmark/histogram/histogram.hpp"

namespace golden {
namespace {

/// The generator of the recipes in tests/golden/hdr/README.md.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  std::uint32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state_ >> 32);
  }
  std::uint64_t lognormal() {
    const std::uint64_t base = std::uint64_t{50} << std::popcount(next() & 0xfffffu);
    return base + next() % base;
  }

 private:
  std::uint64_t state_;
};

std::vector<std::uint64_t> boundaries() {
  std::vector<std::uint64_t> values{0, 1, 2, 1'023, 1'024, 1'025};
  for (int k = 11; k <= 35; ++k) {
    const std::uint64_t power = std::uint64_t{1} << k;
    values.insert(values.end(), {power - 1, power, power + 1});
  }
  values.insert(values.end(), {59'999'999'999, 60'000'000'000});
  return values;
}

std::vector<std::uint64_t> service_times() {
  Generator random(6);
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 1'000; ++i) values.push_back(100'000 + random.next() % 100'000);
  values[200] = 100'000'000;
  values[500] = 50'000'000;
  values[800] = 1'000'000'123;
  return values;
}

/// The same services on an open-loop schedule of 1 ms with one server.
std::vector<std::uint64_t> response_times() {
  std::vector<std::uint64_t> values = service_times();
  std::uint64_t due = 0;
  std::uint64_t end = 0;
  for (auto& value : values) {
    end = std::max(due, end) + value;
    value = end - due;
    due += 1'000'000;
  }
  return values;
}

std::vector<std::uint64_t> make_values(const std::string& name) {
  std::vector<std::uint64_t> values;
  if (name == "single") values = {123'456'789};
  if (name == "rounding11") values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  if (name == "uniform") {
    Generator random(1);
    for (int i = 0; i < 10'000; ++i) values.push_back(1 + random.next() % 1'000'000);
  }
  if (name == "lognormal") {
    Generator random(2);
    for (int i = 0; i < 20'000; ++i) values.push_back(random.lognormal());
  }
  if (name == "all_at_max") values.assign(1'000, 60'000'000'000);
  if (name == "boundaries") values = boundaries();
  if (name == "unit1000") {
    Generator random(5);
    for (int i = 0; i < 5'000; ++i) values.push_back(random.lognormal() * 997);
  }
  if (name == "co_raw" || name == "co_copy") values = service_times();
  if (name == "co_intended") values = response_times();
  return values;
}

std::string fnv1a64(const std::vector<std::uint64_t>& values) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto value : values) {
    for (int shift = 0; shift < 64; shift += 8) {
      hash = (hash ^ (value >> shift & 0xff)) * 0x100000001b3;
    }
  }
  return fmt::format("{:016x}", hash);
}

/// The "value:count" pairs of a recipe.
std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs(const std::string& recipe) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> result;
  for (const auto& word : split(recipe, ' ')) {
    const auto colon = word.find(':');
    if (colon == std::string::npos || word == "value:count") continue;
    result.emplace_back(std::stoull(word.substr(0, colon)), std::stoull(word.substr(colon + 1)));
  }
  return result;
}

DataSet data_set(const nlohmann::json& json) {
  const auto& expect = json.at("expect");
  std::vector<std::pair<double, std::uint64_t>> percentiles;
  for (const auto& [name, value] : expect.at("percentiles").items()) {
    percentiles.emplace_back(std::stod(name.substr(1)), value.get<std::uint64_t>());
  }
  return {.name = json.at("name"),
          .lowest = json.at("lowest"),
          .highest = json.at("highest"),
          .digits = json.at("digits"),
          .mode = json.at("mode"),
          .interval = json.at("interval"),
          .recipe = json.at("recipe"),
          .fnv1a64 = json.value("fnv1a64", ""),
          .inflated_hex = json.value("inflated_hex_java", ""),
          .expect = {.total = expect.at("total"),
                     .min = expect.at("min"),
                     .max = expect.at("max"),
                     .mean = expect.at("mean"),
                     .stddev = expect.at("stddev"),
                     .nonzero_buckets = expect.at("nonzero_buckets"),
                     .inflated_length = expect.at("inflated_len"),
                     .percentiles = std::move(percentiles)}};
}

}  // namespace

std::string text(const std::string& name) {
  std::ifstream file(std::string(BUSMARK_TEST_DATA "/hdr/") + name, std::ios::binary);
  if (!file) throw std::runtime_error("golden file missing: " + name);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == separator) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

const std::vector<DataSet>& datasets() {
  static const std::vector<DataSet> sets = [] {
    std::vector<DataSet> result;
    for (const auto& set : nlohmann::json::parse(text("datasets.json"))) {
      result.push_back(data_set(set));
    }
    return result;
  }();
  return sets;
}

std::string base64(const std::string& maker, const std::string& name) {
  std::string line = text("b64_" + maker + "/" + name + ".b64");
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

std::vector<std::uint64_t> values(const std::string& name) {
  for (const auto& set : datasets()) {
    if (set.name != name) continue;
    auto result = make_values(name);
    if (fnv1a64(result) != set.fnv1a64) throw std::runtime_error("recipe misread: " + name);
    return result;
  }
  throw std::runtime_error("no such data set: " + name);
}

busmark::DecodedHistogram recorded(const DataSet& set) {
  const std::string& name = set.name;
  if (name == "unit1000") {
    // Our own histogram always has lowest = 1, so this shape is filled by hand.
    busmark::DecodedHistogram result(busmark::HistogramShape(set.lowest, set.highest, set.digits));
    auto sorted = values(name);
    std::sort(sorted.begin(), sorted.end());
    for (auto at = sorted.begin(); at != sorted.end();) {
      const auto index = result.shape().index_of(*at);
      const auto end = std::upper_bound(at, sorted.end(), result.shape().highest_value(index));
      result.append(index, static_cast<std::uint64_t>(end - at));
      at = end;
    }
    return result;
  }
  busmark::Histogram histogram;
  if (name == "big_counts") {
    for (const auto& [value, count] : pairs(set.recipe)) histogram.record_n(value, count);
  } else {
    for (const auto value : values(name)) histogram.record(value);
  }
  if (set.mode == "copy_corrected") histogram = histogram.corrected_copy(set.interval);
  return busmark::DecodedHistogram(histogram);
}

}  // namespace golden

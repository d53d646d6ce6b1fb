// SPDX-License-Identifier: Apache-2.0
#include "transport/synthetic/keys.hpp"

#include <array>
#include <chrono>

#include <fmt/core.h>

#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "toml/field.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 5> kSyntheticKeys{"service", "shape", "sigma",
                                                         "latency_factor", "leak_per_hour"};
constexpr Nanoseconds kLongestService = 1s;
constexpr double kMostSigma = 3;
constexpr double kLeastFactor = 0.01;
constexpr double kMostFactor = 100;
constexpr ByteCount kMostLeak{64ULL << 30};

void read_key(const Value::Entry& entry, Problems& problems, SyntheticOptions& options) {
  const std::string& key = entry.key;
  const Field in(entry.value, key, problems);
  if (key == "service") {
    Nanoseconds read = options.service;
    in.duration(1ns, read);
    if (read > kLongestService) {
      problems.add(entry.at, key, "must be at most 1s");
    } else {
      options.service = read;
    }
  } else if (key == "shape") {
    in.choice({ServiceShape::constant, ServiceShape::exponential, ServiceShape::log_normal},
              options.shape);
  } else if (key == "sigma") {
    in.number(0, kMostSigma, options.sigma);
  } else if (key == "latency_factor") {
    in.number(kLeastFactor, kMostFactor, options.latency_factor);
  } else if (key == "leak_per_hour") {
    in.size(kMostLeak, options.leak_per_hour);
  } else {
    problems.add(
        entry.at, "",
        fmt::format("unknown key {}; {}", in_quotes(key), suggestion(key, kSyntheticKeys)));
  }
}

}  // namespace

std::span<const std::string_view> synthetic_key_names() noexcept { return kSyntheticKeys; }

void read_synthetic_keys(std::span<const Value::Entry> entries, Problems& problems,
                         SyntheticOptions& options) {
  for (const Value::Entry& entry : entries) read_key(entry, problems, options);
}

}  // namespace busmark

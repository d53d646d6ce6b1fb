// SPDX-License-Identifier: Apache-2.0
#include "tell/prometheus_family.hpp"

#include <cmath>

#include <fmt/format.h>

#include "base/escape.hpp"

namespace busmark {
namespace {

/// In nanoseconds.
std::vector<std::uint64_t> bucket_bounds() {
  std::vector<std::uint64_t> bounds;
  for (std::uint64_t decade = 100; decade < 10'000'000'000; decade *= 10) {
    bounds.insert(bounds.end(), {decade, decade * 5 / 2, decade * 5});
  }
  bounds.push_back(10'000'000'000);
  return bounds;
}

}  // namespace

PrometheusFamily::PrometheusFamily(std::string name, std::string_view type, std::string_view help)
    : name_(std::move(name)),
      head_(fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name_, help, type)) {}

void PrometheusFamily::add(const Labels& labels, double value, std::string_view suffix) {
  if (!std::isfinite(value)) return;
  std::string text;
  for (const auto& [key, label] : labels) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", key, label_value(label));
  }
  samples_ += fmt::format("{}{}{} {}\n", name_, suffix,
                          text.empty() ? "" : fmt::format("{{{}}}", text), value);
}

void PrometheusFamily::add(const Labels& labels, const DecodedHistogram& histogram,
                           double mean_ns) {
  std::uint64_t below = 0;
  auto next = histogram.buckets().begin();
  for (const std::uint64_t bound : bucket_bounds()) {
    while (next != histogram.buckets().end() &&
           histogram.shape().highest_value(next->index) <= bound) {
      below += next->count;
      ++next;
    }
    add(with(labels, "le", fmt::format("{}", seconds(static_cast<double>(bound)))),
        static_cast<double>(below), "_bucket");
  }
  const auto total = static_cast<double>(histogram.total());
  add(with(labels, "le", "+Inf"), total, "_bucket");
  add(labels, seconds(mean_ns * total), "_sum");
  add(labels, total, "_count");
}

PrometheusFamily::Labels with(PrometheusFamily::Labels some, std::string_view key,
                              std::string_view value) {
  some.emplace_back(key, std::string(value));
  return some;
}

}  // namespace busmark

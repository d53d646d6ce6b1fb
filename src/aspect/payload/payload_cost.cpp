// SPDX-License-Identifier: Apache-2.0
#include "aspect/payload/payload_cost.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "record/percentiles.hpp"
#include "stat/statistics.hpp"
#include "stat/theil_sen.hpp"

namespace busmark {
namespace {

constexpr double kBend = 0.2;
constexpr std::string_view kKey = "/payload=";

struct Line {
  double height = 0;
  double slope = 0;
  [[nodiscard]] double at(std::uint64_t bytes) const noexcept {
    return height + slope * static_cast<double>(bytes);
  }
};

Line fit(std::span<const PayloadPoint> points) {
  std::vector<SeriesPoint> series;
  for (const PayloadPoint& one : points) series.push_back({static_cast<double>(one.bytes), one.ns});
  Line line{.height = 0, .slope = theil_sen(series)->slope};
  std::vector<double> left;
  for (const SeriesPoint& one : series) left.push_back(one.y - line.slope * one.x);
  line.height = median(left);
  return line;
}

double explained(std::span<const PayloadPoint> points, const Line& line) {
  double mean = 0;
  for (const PayloadPoint& one : points) mean += one.ns / static_cast<double>(points.size());
  double all = 0;
  double left = 0;
  for (const PayloadPoint& one : points) {
    all += (one.ns - mean) * (one.ns - mean);
    left += (one.ns - line.at(one.bytes)) * (one.ns - line.at(one.bytes));
  }
  return all > 0 ? 1 - left / all : 1;
}

/// The name without the payload; empty where it sweeps none.
std::string group_of(const std::string& name) {
  const std::size_t begin = name.find(kKey);
  if (begin == std::string::npos) return {};
  const std::size_t end = std::min(name.find('/', begin + 1), name.size());
  return name.substr(0, begin) + name.substr(end);
}

std::optional<double> cost(const StoredScenario& scenario) {
  if (scenario.verdict == Verdict::skip || scenario.verdict == Verdict::invalid) {
    return std::nullopt;
  }
  if (!scenario.open_loop() && !scenario.operation) {
    const double received = scenario.rate.received;
    return received > 0 ? std::optional(1e9 / received) : std::nullopt;
  }
  const PercentileEstimate* middle = scenario.response.find(kP50);
  if (middle == nullptr || !middle->supported || middle->never()) return std::nullopt;
  return static_cast<double>(middle->value.count());
}

}  // namespace

std::optional<PayloadCost> fit_payload_cost(std::vector<PayloadPoint> points) {
  std::sort(points.begin(), points.end(),
            [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  const auto same = [](const auto& a, const auto& b) { return a.bytes == b.bytes; };
  points.erase(std::unique(points.begin(), points.end(), same), points.end());
  if (points.size() < kFewestSizes) return std::nullopt;
  const Line line = fit(points);
  PayloadCost result{.name = {},
                     .sizes = points.size(),
                     .fixed_ns = line.height,
                     .ns_per_byte = line.slope,
                     .r_squared = explained(points, line),
                     .bends_at = {}};
  for (std::size_t known = kFewestSizes; known < points.size(); ++known) {
    const double expected = fit(std::span(points).first(known)).at(points[known].bytes);
    if (std::abs(points[known].ns - expected) <= kBend * expected) continue;
    result.bends_at = points[known].bytes;
    break;
  }
  return result;
}

std::vector<PayloadCost> payload_costs(const StoredRun& run) {
  std::vector<std::string> names;
  std::vector<std::vector<PayloadPoint>> groups;
  for (const StoredScenario& scenario : run.scenarios) {
    const std::string name = group_of(scenario.name);
    const std::optional<double> ns = cost(scenario);
    const std::optional<std::int64_t> bytes = scenario.whole("payload_bytes");
    if (name.empty() || !ns || !bytes) continue;
    const auto found = std::find(names.begin(), names.end(), name);
    const auto at = static_cast<std::size_t>(found - names.begin());
    if (found == names.end()) {
      names.push_back(name);
      groups.emplace_back();
    }
    groups[at].push_back({static_cast<std::uint64_t>(*bytes), *ns});
  }
  std::vector<PayloadCost> costs;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (auto one = fit_payload_cost(std::move(groups[i]))) {
      one->name = names[i];
      costs.push_back(std::move(*one));
    }
  }
  return costs;
}

}  // namespace busmark

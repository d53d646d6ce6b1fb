// SPDX-License-Identifier: Apache-2.0
#include "aspect/mix/mix.hpp"

namespace busmark {

std::vector<double> class_shares(std::span<const MessageClass> classes) {
  double sum = 0;
  for (const MessageClass& one : classes) sum += one.weight;
  std::vector<double> shares;
  for (const MessageClass& one : classes) shares.push_back(one.weight / sum);
  return shares;
}

bool is_kept_by_class(Metric metric) noexcept {
  switch (metric) {
    case Metric::latency_percentile:
    case Metric::latency_mean:
    case Metric::latency_max:
    case Metric::rate:
    case Metric::lost:
    case Metric::dropped:
    case Metric::refused:
    case Metric::delivery: return true;
    case Metric::duplicated:
    case Metric::reordered:
    case Metric::corrupt:
    case Metric::errors:
    case Metric::availability:
    case Metric::rss:
    case Metric::memory_growth:
    case Metric::memory_slope:
    case Metric::cpu_overhead:
    case Metric::cpu_overhead_time: return false;
  }
  return false;
}

}  // namespace busmark

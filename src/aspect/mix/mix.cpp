// SPDX-License-Identifier: Apache-2.0
#include "aspect/mix/mix.hpp"

#include <algorithm>
#include <cmath>

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

ClassPicker::ClassPicker(std::span<const MessageClass> classes, std::uint64_t seed,
                         bool by_due) noexcept
    : size_(std::min(classes.size(), kMostClasses)),
      // Apart from the seeds of Poisson arrivals, which are drawn by the same function.
      seed_(hash(seed ^ 0x6d69780a6d69780aULL)),
      due_mask_(by_due ? ~std::uint64_t{0} : 0) {
  double sum = 0;
  for (const MessageClass& one : classes) sum += one.weight;
  double below = 0;
  for (std::size_t i = 0; i + 1 < size_; ++i) {
    below += classes[i].weight;
    ends_[i] = static_cast<std::uint64_t>(std::ldexp(std::min(below / sum, 1 - 0x1.0p-53), 64));
  }
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "stat/mean_interval.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stat/statistics.hpp"

namespace busmark {
namespace {

/// Of what the mean is estimated from: its variance, known from so many degrees of freedom.
struct Variance {
  double value = 0;
  std::size_t freedom = 0;
};

double mean_of(std::span<const BatchMean> batches) {
  double sum = 0;
  double count = 0;
  for (const BatchMean& one : batches) {
    sum += one.count * one.mean;
    count += one.count;
  }
  return count > 0 ? sum / count : 0;
}

double count_of(std::span<const BatchMean> batches) {
  return std::accumulate(batches.begin(), batches.end(), 0.0,
                         [](double sum, const BatchMean& one) { return sum + one.count; });
}

/// Neighbours together, to `most` batches.
std::vector<BatchMean> joined(const std::vector<BatchMean>& batches, std::size_t most) {
  const std::size_t step = (batches.size() + most - 1) / std::max<std::size_t>(most, 1);
  std::vector<BatchMean> longer;
  for (std::size_t i = 0; i < batches.size(); i += std::max<std::size_t>(step, 1)) {
    const auto part = std::span(batches).subspan(i, std::min(step, batches.size() - i));
    longer.push_back({.count = count_of(part), .mean = mean_of(part)});
  }
  return longer;
}

/// Of the mean of all samples, from the stretches: the ratio estimate of cluster sampling.
Variance within(std::span<const std::vector<BatchMean>> repetitions, double count) {
  constexpr std::size_t kBatches = 10;
  Variance variance;
  for (const std::vector<BatchMean>& repetition : repetitions) {
    const std::vector<BatchMean> batches = joined(repetition, kBatches);
    if (batches.size() < 2) return {};
    const double mean = mean_of(batches);
    double squares = 0;
    for (const BatchMean& one : batches) squares += std::pow(one.count * (one.mean - mean), 2);
    const auto n = static_cast<double>(batches.size());
    variance.value += squares * n / (n - 1) / (count * count);
    variance.freedom += batches.size() - 1;
  }
  return variance;
}

Variance between(std::span<const std::vector<BatchMean>> repetitions, double count) {
  if (repetitions.size() < kFewestForMean) return {};
  std::vector<BatchMean> whole;
  for (const auto& one : repetitions) whole.push_back({count_of(one), mean_of(one)});
  const double mean = mean_of(whole);
  double squares = 0;
  for (const BatchMean& one : whole) squares += std::pow(one.count * (one.mean - mean), 2);
  const auto n = static_cast<double>(whole.size());
  return {.value = squares * n / (n - 1) / (count * count), .freedom = whole.size() - 1};
}

}  // namespace

std::optional<RealInterval> mean_interval(std::span<const double> values) {
  if (values.size() < kFewestForMean) return std::nullopt;
  double sum = 0;
  for (const double value : values) {
    if (!(value > 0)) return std::nullopt;
    sum += std::log(value);
  }
  const auto n = static_cast<double>(values.size());
  const double mean = sum / n;
  double squares = 0;
  for (const double value : values) squares += std::pow(std::log(value) - mean, 2);
  const double half = student_critical(kSignificance, n - 1) * std::sqrt(squares / (n - 1) / n);
  return RealInterval{.low = std::exp(mean - half), .high = std::exp(mean + half)};
}

std::optional<RealInterval> mean_interval(std::span<const std::vector<BatchMean>> repetitions) {
  std::vector<BatchMean> all;
  for (const auto& one : repetitions) all.insert(all.end(), one.begin(), one.end());
  const double count = count_of(all);
  if (count <= 0) return std::nullopt;
  const double mean = mean_of(all);
  double half = -1;
  for (const Variance& one : {within(repetitions, count), between(repetitions, count)}) {
    if (one.freedom > 0)
      half = std::max(half, student_critical(kSignificance, static_cast<double>(one.freedom)) *
                                std::sqrt(one.value));
  }
  if (half < 0) return std::nullopt;
  return RealInterval{.low = std::max(0.0, mean - half), .high = mean + half};
}

}  // namespace busmark

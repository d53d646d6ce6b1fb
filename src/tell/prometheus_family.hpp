// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "busmark/histogram/decoded.hpp"

namespace busmark {

[[nodiscard]] constexpr double seconds(double nanoseconds) noexcept { return nanoseconds / 1e9; }

/// One family: header first, then its samples in the order in which they were added. Source:
/// Prometheus' exposition formats, text format 0.0.4.
class PrometheusFamily {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  PrometheusFamily(std::string name, std::string_view type, std::string_view help);

  /// What is no finite number is left out.
  void add(const Labels& labels, double value, std::string_view suffix = {});
  /// Buckets of 1, 2.5 and 5 of each decade from 100 ns to 10 s, count and sum, in seconds.
  void add(const Labels& labels, const DecodedHistogram& histogram, double mean_ns);

  /// Empty without samples: a header alone is no family.
  [[nodiscard]] std::string text() const { return samples_.empty() ? "" : head_ + samples_; }

 private:
  std::string name_;
  std::string head_;
  std::string samples_;
};

/// `some` and one more.
[[nodiscard]] PrometheusFamily::Labels with(PrometheusFamily::Labels some, std::string_view key,
                                            std::string_view value);

}  // namespace busmark

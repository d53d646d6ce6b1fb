// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// What a budget limits. Latency metrics read response time in open loop, in nanoseconds.
enum class Metric : std::uint8_t {
  latency_percentile,  ///< `p95`, `p99.9`
  latency_mean,        ///< `mean`
  latency_max,         ///< `max`
  rate,                ///< `rate`: achieved messages per second
  lost,  ///< `lost`, `dropped`, `refused`, `duplicated`, `reordered`, `corrupt`: counts
  dropped,
  refused,
  duplicated,
  reordered,
  corrupt,
  delivery,      ///< `delivery`: received of published, a share
  errors,        ///< `errors`: lost, dropped, refused, duplicated and corrupt of published, a share
  availability,  ///< `availability`: of the intervals, those in which something was received
  rss,           ///< `rss`: most memory of the process while it measured, bytes
  memory_growth,  ///< `memory.growth`: by how much that grew meanwhile, bytes
  memory_slope,   ///< `memory.growth < 10MB/h`: the same of a soak, bytes per hour
  cpu_overhead,   ///< `cpu_overhead`: processor time of a message beyond a direct call's, a share
  cpu_overhead_time,  ///< `cpu_overhead < 100ns`: the same in nanoseconds
};

enum class Comparison : std::uint8_t { less, less_equal, greater, greater_equal, equal };

/// One line of a verdict: `metric comparison limit`, as in `p95 < 5ms` or `rate >= 100k/s`.
struct Budget {
  Metric metric = Metric::latency_percentile;
  Percentile percentile{};  ///< Only for Metric::latency_percentile.
  Comparison comparison = Comparison::less;
  /// Nanoseconds, messages per second, a count, a share (1 is all of it), bytes or bytes per hour.
  double limit = 0;
  std::string text;  ///< As the user wrote it, spaces tidied.

  bool operator==(const Budget&) const = default;
};

/// Parses `"p95 < 5ms"`. `rate`, `delivery` and `availability` take `>` and `>=`, counts `<`, `<=`
/// and `==`, all others `<` and `<=`: the other way round a budget would bless what it should
/// catch.
/// Throws std::invalid_argument: what is wrong, the nearest metric, and an example.
[[nodiscard]] Budget parse_budget(std::string_view text);

/// What a scenario without a budget must meet: `p95 < 5ms` and `lost == 0`.
[[nodiscard]] std::vector<Budget> default_budget();

/// True for the metrics whose limit is in nanoseconds.
[[nodiscard]] bool is_latency(Metric metric) noexcept;
/// True for those whose limit is a share of a whole.
[[nodiscard]] bool is_share(Metric metric) noexcept;
/// True for those of the process's memory.
[[nodiscard]] bool is_memory(Metric metric) noexcept;
/// Whether a repetition has to watch its memory for them.
[[nodiscard]] bool watches_memory(const std::vector<Budget>& budgets) noexcept;
/// True for what a message costs beyond a direct call.
[[nodiscard]] bool is_cpu_overhead(Metric metric) noexcept;
/// Whether a scenario has to be held against a direct call for them.
[[nodiscard]] bool compares_cpu(const std::vector<Budget>& budgets) noexcept;
/// A value of the metric with its unit: `1.25ms`, `100k/s`, `99.98 %`, `3`, `1.5 MB`.
[[nodiscard]] std::string format_value(Metric metric, double value);
/// `p99.9`, `mean`, `rate`, `lost`.
[[nodiscard]] std::string metric_name(const Budget& budget);
/// `<`, `<=`, `>`, `>=`, `==`.
[[nodiscard]] std::string_view to_string(Comparison comparison) noexcept;

}  // namespace busmark

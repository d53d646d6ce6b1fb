// SPDX-License-Identifier: Apache-2.0
#include "record/budget.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "base/words.hpp"
#include "record/meant/budget_as_meant.hpp"

namespace busmark {
namespace {

struct NamedMetric {
  std::string_view name;
  Metric metric;
};

constexpr std::array kMetrics{
    NamedMetric{"mean", Metric::latency_mean},
    NamedMetric{"max", Metric::latency_max},
    NamedMetric{"rate", Metric::rate},
    NamedMetric{"lost", Metric::lost},
    NamedMetric{"dropped", Metric::dropped},
    NamedMetric{"refused", Metric::refused},
    NamedMetric{"duplicated", Metric::duplicated},
    NamedMetric{"reordered", Metric::reordered},
    NamedMetric{"corrupt", Metric::corrupt},
    NamedMetric{"delivery", Metric::delivery},
    NamedMetric{"errors", Metric::errors},
    NamedMetric{"availability", Metric::availability},
    NamedMetric{"rss", Metric::rss},
    NamedMetric{"memory.growth", Metric::memory_growth},
    NamedMetric{"cpu_overhead", Metric::cpu_overhead},
};

/// Makes a limit of `memory.growth` one of its slope.
constexpr std::string_view kPerHour = "/h";

/// Longest first, so that `<=` is not read as `<`.
constexpr std::array kComparisons{Comparison::less_equal, Comparison::greater_equal,
                                  Comparison::equal, Comparison::less, Comparison::greater};

/// The three words of a budget; the views lie in the user's text.
struct Parts {
  std::string_view metric;
  Comparison comparison;
  std::string_view limit;
};

/// Good when it is large.
bool wants_more(Metric metric) noexcept {
  return metric == Metric::rate || metric == Metric::delivery || metric == Metric::availability;
}

std::string metric_names() {
  std::string names = "p50, p95, p99.9 (any percentile)";
  for (const auto& known : kMetrics) names += fmt::format(", {}", known.name);
  return names;
}

Parts split(std::string_view text) {
  const std::size_t begin = text.find_first_of("<>=!");
  if (begin == std::string_view::npos) {
    throw std::invalid_argument("the comparison is missing; use <, <=, >, >= or ==");
  }
  const std::string_view behind = text.substr(begin);
  for (const auto comparison : kComparisons) {
    const std::string_view sign = to_string(comparison);
    if (behind.starts_with(sign)) {
      return {trimmed(text.substr(0, begin)), comparison, trimmed(behind.substr(sign.size()))};
    }
  }
  const std::size_t end = std::min(behind.find_first_not_of("<>=!"), behind.size());
  throw std::invalid_argument(fmt::format("unknown comparison {}; use <, <=, >, >= or ==",
                                          in_quotes(behind.substr(0, end))));
}

/// Sets the metric and, for a percentile, which one.
void read_metric(std::string_view name, Budget& budget) {
  const bool percentile = name.size() > 1 && name[0] == 'p' && name[1] >= '0' && name[1] <= '9';
  if (percentile) {
    budget.percentile = parse_percentile(name);
    return;
  }
  if (name.empty()) {
    throw std::invalid_argument(fmt::format("the metric is missing; use {}", metric_names()));
  }
  std::vector<std::string_view> names;
  for (const auto& known : kMetrics) {
    if (known.name == name) {
      budget.metric = known.metric;
      return;
    }
    names.push_back(known.name);
  }
  const auto nearest = nearest_name(name, names);
  throw std::invalid_argument(
      fmt::format("unknown metric {}{}; use {}", in_quotes(name),
                  nearest ? fmt::format(" (did you mean \"{}\"?)", *nearest) : "", metric_names()));
}

void check_direction(const Budget& budget) {
  const bool upper =
      budget.comparison == Comparison::less || budget.comparison == Comparison::less_equal;
  const bool lower =
      budget.comparison == Comparison::greater || budget.comparison == Comparison::greater_equal;
  if (is_latency(budget.metric) && !upper) {
    throw std::invalid_argument("a latency is limited with < or <=");
  }
  if (budget.metric == Metric::errors && !upper) {
    throw std::invalid_argument("errors are limited with < or <=");
  }
  if (is_memory(budget.metric) && !upper) {
    throw std::invalid_argument("memory is limited with < or <=");
  }
  if (is_cpu_overhead(budget.metric) && !upper) {
    throw std::invalid_argument("cpu_overhead is limited with < or <=");
  }
  if (wants_more(budget.metric) && !lower) {
    throw std::invalid_argument(
        fmt::format("{} is limited with > or >=",
                    budget.metric == Metric::rate ? "a rate" : metric_name(budget)));
  }
  if (!is_latency(budget.metric) && !wants_more(budget.metric) && lower) {
    throw std::invalid_argument("a count is limited with <, <= or ==");
  }
}

double parse_count(std::string_view text) {
  constexpr std::size_t kMostDigits = 15;  // Up to there every whole number is a double.
  const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (text.empty() || !digits || text.size() > kMostDigits) {
    throw std::invalid_argument(
        fmt::format("{} is not a count: it must be a whole number of at most 15 digits, "
                    "for example 0",
                    in_quotes(text)));
  }
  double count = 0;
  for (const char digit : text) count = count * 10 + (digit - '0');
  return count;
}

/// `1MB`, of `memory.growth` also `10MB/h`, which is another metric.
double parse_memory(Budget& budget, std::string_view text) {
  if (budget.metric == Metric::memory_growth && text.ends_with(kPerHour)) {
    budget.metric = Metric::memory_slope;
    text.remove_suffix(kPerHour.size());
  }
  const auto limit = static_cast<double>(parse_size(text).bytes);
  const bool never = budget.metric == Metric::rss || budget.comparison == Comparison::less;
  if (limit == 0 && never) throw std::invalid_argument("no run can meet a limit of 0");
  return limit;
}

/// `5%`, of which there may be more than 100, or `100ns`, which is another metric.
double parse_cpu_overhead(Budget& budget, std::string_view text) {
  const bool share = text.ends_with('%');
  if (!share) budget.metric = Metric::cpu_overhead_time;
  const double limit =
      share ? parse_share(text) : static_cast<double>(parse_duration(text).count());
  if (limit == 0) throw std::invalid_argument("no run can meet a limit of 0");
  return limit;
}

double parse_limit(Budget& budget, std::string_view text) {
  if (text.empty()) throw std::invalid_argument("the limit is missing");
  if (is_memory(budget.metric)) return parse_memory(budget, text);
  if (is_cpu_overhead(budget.metric)) return parse_cpu_overhead(budget, text);
  if (budget.metric == Metric::rate) return parse_rate(text).per_second;
  if (is_share(budget.metric)) {
    const double share = parse_share(text);
    if (share > 1) throw std::invalid_argument("a share is at most 100%");
    const bool never = (share == 1 && budget.comparison == Comparison::greater) ||
                       (share == 0 && budget.comparison == Comparison::less);
    if (never) throw std::invalid_argument(fmt::format("nothing is beyond {}", text));
    return share;
  }
  const double limit = is_latency(budget.metric) ? static_cast<double>(parse_duration(text).count())
                                                 : parse_count(text);
  const bool never = is_latency(budget.metric) || budget.comparison == Comparison::less;
  if (limit == 0 && never) throw std::invalid_argument("no run can meet a limit of 0");
  return limit;
}

Budget read_budget(std::string_view text) {
  Budget budget;
  const Parts parts = split(text);
  budget.comparison = parts.comparison;
  read_metric(parts.metric, budget);
  check_direction(budget);
  budget.limit = parse_limit(budget, parts.limit);
  budget.text = fmt::format("{} {} {}", parts.metric, to_string(parts.comparison), parts.limit);
  return budget;
}

/// What was meant, where that is a budget.
std::optional<std::string> readable_budget(std::string_view text) {
  const auto meant = meant_budget(text);
  try {
    if (meant) static_cast<void>(read_budget(*meant));
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
  return meant;
}

}  // namespace

Budget parse_budget(std::string_view text) {
  try {
    return read_budget(text);
  } catch (const std::invalid_argument& error) {
    if (const auto meant = readable_budget(text)) {
      throw std::invalid_argument(
          fmt::format("{} is not a budget; write \"{}\"", in_quotes(text), *meant));
    }
    throw std::invalid_argument(
        fmt::format("{} is not a budget: {}; write it as in \"p95 < 5ms\", \"rate >= 100k/s\" or "
                    "\"lost == 0\"",
                    in_quotes(text), error.what()));
  }
}

std::vector<Budget> default_budget() {
  return {parse_budget("p95 < 5ms"), parse_budget("lost == 0")};
}

bool is_latency(Metric metric) noexcept {
  return metric == Metric::latency_percentile || metric == Metric::latency_mean ||
         metric == Metric::latency_max;
}

bool is_share(Metric metric) noexcept {
  return metric == Metric::delivery || metric == Metric::errors || metric == Metric::availability;
}

bool is_memory(Metric metric) noexcept {
  return metric == Metric::rss || metric == Metric::memory_growth || metric == Metric::memory_slope;
}

bool is_cpu_overhead(Metric metric) noexcept {
  return metric == Metric::cpu_overhead || metric == Metric::cpu_overhead_time;
}

bool compares_cpu(const std::vector<Budget>& budgets) noexcept {
  return std::any_of(budgets.begin(), budgets.end(),
                     [](const Budget& one) { return is_cpu_overhead(one.metric); });
}

bool watches_memory(const std::vector<Budget>& budgets) noexcept {
  return std::any_of(budgets.begin(), budgets.end(), [](const Budget& one) {
    return one.metric == Metric::rss || one.metric == Metric::memory_growth;
  });
}

std::string format_value(Metric metric, double value) {
  constexpr double kLongest = 9e18;
  if (metric == Metric::cpu_overhead) return fmt::format("{:.3g} %", value * 100);
  if (is_latency(metric) || metric == Metric::cpu_overhead_time) {
    return format_duration(value < kLongest ? Nanoseconds(std::llround(value))
                                            : Nanoseconds::max());
  }
  if (metric == Metric::rate) return format_rate({value});
  // Enough figures that one message of a thousand million shows.
  if (is_share(metric)) return fmt::format("{:.11g} %", value * 100);
  if (is_memory(metric)) {
    constexpr double kMegabyte = 1e6;
    return fmt::format("{:.4g} MB{}", value / kMegabyte,
                       metric == Metric::memory_slope ? kPerHour : "");
  }
  return fmt::format("{}", value);
}

std::string metric_name(const Budget& budget) {
  if (budget.metric == Metric::memory_slope) return "memory.growth";
  if (budget.metric == Metric::cpu_overhead_time) return "cpu_overhead";
  for (const auto& known : kMetrics) {
    if (known.metric == budget.metric) return std::string(known.name);
  }
  return format_percentile(budget.percentile);
}

std::string_view to_string(Comparison comparison) noexcept {
  switch (comparison) {
    case Comparison::less: return "<";
    case Comparison::less_equal: return "<=";
    case Comparison::greater: return ">";
    case Comparison::greater_equal: return ">=";
    case Comparison::equal: break;
  }
  return "==";
}

}  // namespace busmark

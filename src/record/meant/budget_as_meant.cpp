// SPDX-License-Identifier: Apache-2.0
#include "record/meant/budget_as_meant.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/meant/as_meant.hpp"
#include "base/meant/loose.hpp"
#include "base/meant/strict_units.hpp"
#include "base/words.hpp"

namespace busmark {
namespace {

struct Spelling {
  std::string_view theirs;
  std::string_view ours;
};

/// Metrics by the names that k6, wrk, locust and others give them.
constexpr std::array kMetricSpellings{
    Spelling{"avg", "mean"},
    Spelling{"average", "mean"},
    Spelling{"med", "p50"},
    Spelling{"median", "p50"},
    Spelling{"maximum", "max"},
    Spelling{"worst", "max"},
    Spelling{"p100", "max"},
    Spelling{"p(100)", "max"},
    Spelling{"100%", "max"},
    Spelling{"throughput", "rate"},
    Spelling{"rps", "rate"},
    Spelling{"qps", "rate"},
    Spelling{"tps", "rate"},
    Spelling{"mps", "rate"},
    Spelling{"ops", "rate"},
    Spelling{"msgs/s", "rate"},
    Spelling{"msg/s", "rate"},
    Spelling{"req/s", "rate"},
    Spelling{"reqs/s", "rate"},
    Spelling{"messages/s", "rate"},
    Spelling{"loss", "lost"},
    Spelling{"losses", "lost"},
    Spelling{"missing", "lost"},
    Spelling{"lost_messages", "lost"},
    Spelling{"drops", "dropped"},
    Spelling{"drop", "dropped"},
    Spelling{"rejected", "refused"},
    Spelling{"duplicates", "duplicated"},
    Spelling{"dups", "duplicated"},
    Spelling{"dup", "duplicated"},
    Spelling{"out_of_order", "reordered"},
    Spelling{"ooo", "reordered"},
    Spelling{"corrupted", "corrupt"},
    Spelling{"corruption", "corrupt"},
    Spelling{"error_rate", "errors"},
    Spelling{"error", "errors"},
    Spelling{"failures", "errors"},
    Spelling{"failed", "errors"},
    Spelling{"fail_ratio", "errors"},
    Spelling{"http_req_failed", "errors"},
    Spelling{"delivered", "delivery"},
    Spelling{"uptime", "availability"},
    Spelling{"memory", "rss"},
    Spelling{"mem", "rss"},
    Spelling{"ram", "rss"},
    Spelling{"leak", "memory.growth"},
    Spelling{"memory_growth", "memory.growth"},
    Spelling{"cpu", "cpu_overhead"},
};

constexpr std::array<std::string_view, 15> kOurs{
    "mean",         "max",        "rate",          "lost",         "dropped",
    "refused",      "duplicated", "reordered",     "corrupt",      "errors",
    "availability", "rss",        "memory.growth", "cpu_overhead", "delivery"};

/// Words in place of a sign; those that hold another come first.
constexpr std::array kSignSpellings{
    Spelling{"\xe2\x89\xa4", "<="},
    Spelling{"\xe2\x89\xa5", ">="},
    Spelling{" less than or equal ", "<="},
    Spelling{" at most ", "<="},
    Spelling{" less than ", "<"},
    Spelling{" below ", "<"},
    Spelling{" under ", "<"},
    Spelling{" lte ", "<="},
    Spelling{" lt ", "<"},
    Spelling{" le ", "<="},
    Spelling{" at least ", ">="},
    Spelling{" more than ", ">"},
    Spelling{" above ", ">"},
    Spelling{" over ", ">"},
    Spelling{" gte ", ">="},
    Spelling{" gt ", ">"},
    Spelling{" ge ", ">="},
    Spelling{" equals ", "=="},
    Spelling{" is ", "=="},
};

struct WrittenBudget {
  std::string metric;
  std::string sign;  ///< Empty: none was written.
  std::string limit;
};

WrittenBudget split_parts(std::string text) {
  for (const Spelling& sign : kSignSpellings) {
    const std::size_t at = text.find(sign.theirs);
    if (at != std::string::npos) text.replace(at, sign.theirs.size(), sign.ours);
  }
  constexpr std::string_view kSigns = "<>=!";
  std::size_t begin = text.find_first_of(kSigns);
  if (begin == std::string::npos) {
    // `p95: 5ms`, `p95 5ms`
    begin = text.find(':');
    if (begin == std::string::npos) begin = text.rfind(' ');
    if (begin == std::string::npos) return {};
    return {std::string(trimmed(text.substr(0, begin))), "",
            std::string(trimmed(text.substr(begin + 1)))};
  }
  const std::size_t end = std::min(text.find_first_not_of(kSigns, begin), text.size());
  const std::string written = text.substr(begin, end - begin);
  const auto has = [&](char c) { return written.find(c) != std::string::npos; };
  std::string sign = has('<') ? "<" : has('>') ? ">" : "=";
  if (has('!') || (has('<') && has('>'))) return {};
  if (has('=')) sign += '=';
  return {std::string(trimmed(text.substr(0, begin))), sign,
          std::string(trimmed(text.substr(end)))};
}

/// Ours; empty for one that nobody knows.
std::string known_metric(const std::string& name) {
  if (std::find(kOurs.begin(), kOurs.end(), name) != kOurs.end()) return name;
  const auto known = std::find_if(kMetricSpellings.begin(), kMetricSpellings.end(),
                                  [&](const Spelling& one) { return one.theirs == name; });
  if (known != kMetricSpellings.end()) return std::string(known->ours);
  if (strict_percentile(name)) return name;
  const auto percentile = meant_percentile(name);
  return percentile ? percentile->text : "";
}

/// The same, of a name with more in front: `http_req_duration: p(95)`, `latency p95`.
std::string metric_of(std::string_view written) {
  const std::string name = in_small(written);
  for (std::size_t begin = 0; begin != std::string::npos;) {
    const std::string found = known_metric(name.substr(begin));
    if (!found.empty()) return found;
    begin = name.find_first_of(": ._", begin);
    begin = name.find_first_not_of(": ._", begin);
  }
  return "";
}

bool is_latency_name(std::string_view metric) {
  return metric == "mean" || metric == "max" || (metric.starts_with('p') && metric.size() > 1);
}

/// The limit in the unit of the metric; empty where it has none.
std::string limit_of(std::string_view metric, const std::string& written) {
  const auto either = [&](bool strict, const std::optional<Meant>& meant) {
    return strict ? written : meant ? meant->text : "";
  };
  if (is_latency_name(metric)) {
    return either(strict_duration(written).has_value(), meant_duration(written));
  }
  if (metric == "rate") return either(strict_rate(written).has_value(), meant_rate(written));
  if (metric == "delivery" || metric == "errors" || metric == "availability") {
    return either(strict_share(written).has_value(), meant_share(written));
  }
  if (metric == "rss" || metric == "memory.growth") {
    return either(strict_size(written).has_value(), meant_size(written));
  }
  if (metric == "cpu_overhead") return written;
  std::string_view rest = written;
  const std::string number = take_number(rest);
  const std::string_view unit = trimmed(rest);
  if (unit == "messages" || unit == "message" || unit == "msgs") return number;
  const auto count = meant_count(written);
  return count ? count->text : "";
}

std::string_view usual_sign(std::string_view metric) {
  if (metric == "rate" || metric == "delivery" || metric == "availability") return ">=";
  if (is_latency_name(metric) || metric == "errors" || metric == "rss" ||
      metric == "memory.growth" || metric == "cpu_overhead") {
    return "<";
  }
  return "==";
}

}  // namespace

std::optional<std::string> meant_budget(std::string_view text) {
  WrittenBudget parts = split_parts(std::string(text));
  std::string metric = metric_of(parts.metric);
  if (metric.empty() || parts.limit.empty()) return std::nullopt;
  // k6 counts failed requests as a rate.
  if (metric == "rate" && parts.sign.starts_with('<')) metric = "errors";
  // A share of what is lost.
  if (metric == "lost" && parts.limit.ends_with('%') && parts.sign.starts_with('<')) {
    metric = "errors";
  }
  const std::string limit = limit_of(metric, parts.limit);
  if (limit.empty()) return std::nullopt;
  const std::string_view usual = usual_sign(metric);
  if (parts.sign.empty()) parts.sign = usual;
  if (parts.sign == "==" && usual != "==") parts.sign = fmt::format("{}=", usual.substr(0, 1));
  return fmt::format("{} {} {}", metric, parts.sign, limit);
}

}  // namespace busmark

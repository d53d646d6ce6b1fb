// SPDX-License-Identifier: Apache-2.0
#include "record/budget.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace busmark;

namespace {

std::string budget_refusal(std::string_view text) {
  try {
    static_cast<void>(parse_budget(text));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a budget reads metric, comparison and limit in the metric's unit") {
  struct Row {
    std::string text;
    Metric metric;
    Comparison comparison;
    double limit;
  };
  const std::vector<Row> table{
      {"p95 < 5ms", Metric::latency_percentile, Comparison::less, 5e6},
      {"p99.9 <= 50ms", Metric::latency_percentile, Comparison::less_equal, 5e7},
      {"mean < 1.5us", Metric::latency_mean, Comparison::less, 1500},
      {"max < 1s", Metric::latency_max, Comparison::less, 1e9},
      {"rate >= 100k/s", Metric::rate, Comparison::greater_equal, 1e5},
      {"rate > 1.5M/s", Metric::rate, Comparison::greater, 1.5e6},
      {"lost == 0", Metric::lost, Comparison::equal, 0},
      {"dropped < 10", Metric::dropped, Comparison::less, 10},
      {"refused <= 0", Metric::refused, Comparison::less_equal, 0},
      {"duplicated == 0", Metric::duplicated, Comparison::equal, 0},
      {"reordered == 0", Metric::reordered, Comparison::equal, 0},
      {"corrupt == 0", Metric::corrupt, Comparison::equal, 0},
      {"delivery >= 95%", Metric::delivery, Comparison::greater_equal, 0.95},
      {"delivery >= 100%", Metric::delivery, Comparison::greater_equal, 1},
      {"errors < 0.1%", Metric::errors, Comparison::less, 0.001},
      {"errors <= 0%", Metric::errors, Comparison::less_equal, 0},
      {"availability > 99.5%", Metric::availability, Comparison::greater, 0.995},
      {"rss < 64MiB", Metric::rss, Comparison::less, 67'108'864},
      {"memory.growth < 1MB", Metric::memory_growth, Comparison::less, 1e6},
      {"memory.growth <= 0B", Metric::memory_growth, Comparison::less_equal, 0},
      {"memory.growth < 10MB/h", Metric::memory_slope, Comparison::less, 10e6},
      {"cpu_overhead < 5%", Metric::cpu_overhead, Comparison::less, 0.05},
      {"cpu_overhead <= 250%", Metric::cpu_overhead, Comparison::less_equal, 2.5},
      {"cpu_overhead < 100ns", Metric::cpu_overhead_time, Comparison::less, 100},
  };
  for (const auto& row : table) {
    CAPTURE(row.text);
    const Budget budget = parse_budget(row.text);
    CHECK(budget.metric == row.metric);
    CHECK(budget.comparison == row.comparison);
    CHECK(budget.limit == row.limit);
    CHECK(budget.text == row.text);
    CHECK(metric_name(budget) == row.text.substr(0, row.text.find(' ')));
  }
  CHECK(parse_budget("p99.99 < 1ms").percentile.parts_per_million == 999'900);
}

TEST_CASE("spaces in a budget are tidied") {
  CHECK(parse_budget("p95<5ms").text == "p95 < 5ms");
  CHECK(parse_budget("  p95\t<=   5ms ").text == "p95 <= 5ms");
}

TEST_CASE("a refused budget says why and shows examples") {
  const std::string metrics =
      "use p50, p95, p99.9 (any percentile), mean, max, rate, lost, dropped, refused, duplicated, "
      "reordered, corrupt, delivery, errors, availability, rss, memory.growth, cpu_overhead";
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "the comparison is missing; use <, <=, >, >= or =="},
      {"lost != 0", "unknown comparison \"!=\"; use <, <=, >, >= or =="},
      {"< 5ms", "the metric is missing; " + metrics},
      {"los == 0", "unknown metric \"los\" (did you mean \"lost\"?); " + metrics},
      {"latency < 5ms", "unknown metric \"latency\"; " + metrics},
      {"p95 <", "the limit is missing"},
      {"lost == -1",
       "\"-1\" is not a count: it must be a whole number of at most 15 digits, for "
       "example 0"},
      {"lost < 0.1",
       "\"0.1\" is not a count: it must be a whole number of at most 15 digits, for "
       "example 0"},
      {"p95 > 5ms", "a latency is limited with < or <="},
      {"rate <= 1k/s", "a rate is limited with > or >="},
      {"lost >= 1", "a count is limited with <, <= or =="},
      {"delivery <= 95%", "delivery is limited with > or >="},
      {"errors >= 1%", "errors are limited with < or <="},
      {"availability >= 120%", "a share is at most 100%"},
      {"delivery > 100%", "nothing is beyond 100%"},
      {"errors < 0%", "nothing is beyond 0%"},
      {"p95 < 0ms", "no run can meet a limit of 0"},
      {"lost < 0", "no run can meet a limit of 0"},
      {"rss > 1MB", "memory is limited with < or <="},
      {"cpu_overhead > 5%", "cpu_overhead is limited with < or <="},
      {"cpu_overhead < 0%", "no run can meet a limit of 0"},
      {"rss <= 0B", "no run can meet a limit of 0"},
      {"memory.growth < 0B/h", "no run can meet a limit of 0"},
      {"memory.grow < 1MB",
       "unknown metric \"memory.grow\" (did you mean \"memory.growth\"?); " + metrics},
  };
  for (const auto& row : table) {
    CAPTURE(row.first);
    CHECK(budget_refusal(row.first) ==
          "\"" + row.first + "\" is not a budget: " + row.second +
              "; write it as in \"p95 < 5ms\", \"rate >= 100k/s\" or \"lost "
              "== 0\"");
  }
}

TEST_CASE("a budget in another tool's spelling is refused with what to write") {
  CHECK(budget_refusal("p(95)<500") == "\"p(95)<500\" is not a budget; write \"p95 < 500ms\"");
  CHECK(budget_refusal("avg < 2s") == "\"avg < 2s\" is not a budget; write \"mean < 2s\"");
  CHECK(budget_refusal("rate >= 100k") ==
        "\"rate >= 100k\" is not a budget; write \"rate >= 100k/s\"");
  // What cannot be a limit of the metric is no hint.
  CHECK(budget_refusal("p95 < 0").find("write it as in") != std::string::npos);
}

TEST_CASE("only the growth of memory has a limit per hour, and values of memory are in megabytes") {
  CHECK(budget_refusal("rss < 10MB/h").find("unknown unit \"MB/h\"") != std::string::npos);
  CHECK(budget_refusal("memory.growth < /h").find("is not a size") != std::string::npos);
  CHECK(format_value(Metric::rss, 67'108'864) == "67.11 MB");
  CHECK(format_value(Metric::memory_growth, 0) == "0 MB");
  CHECK(format_value(Metric::memory_slope, -1.5e6) == "-1.5 MB/h");
  CHECK(format_value(Metric::cpu_overhead, 0.0123456) == "1.23 %");
  CHECK(format_value(Metric::cpu_overhead_time, -1500) == "-1.5us");
  CHECK(compares_cpu({parse_budget("p95 < 1ms"), parse_budget("cpu_overhead < 1us")}));
  CHECK_FALSE(compares_cpu({parse_budget("rss < 1GB")}));
  CHECK(watches_memory({parse_budget("p95 < 1ms"), parse_budget("rss < 1GB")}));
  CHECK_FALSE(watches_memory({parse_budget("memory.growth < 1MB/h")}));
}

TEST_CASE("a scenario without a budget must keep p95 below 5 ms and lose nothing") {
  const auto budget = default_budget();
  REQUIRE(budget.size() == 2);
  CHECK(budget[0] == parse_budget("p95 < 5ms"));
  CHECK(budget[1] == parse_budget("lost == 0"));
}

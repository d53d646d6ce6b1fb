// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <iomanip>
#include <limits>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include "base/escape.hpp"
#include "tell/form_writers.hpp"
#include "tell/prometheus_family.hpp"

namespace busmark {
namespace {

PrometheusFamily::Labels labels(const StoredScenario& scenario) {
  return {{"scenario", scenario.name}, {"transport", scenario.transport}};
}

std::string latencies(const StoredRun& run) {
  PrometheusFamily histogram(
      "busmark_latency_seconds", "histogram",
      "Latency of every message; kind response counts from the due time, service from "
      "sending.");
  PrometheusFamily exact(
      "busmark_latency_percentile_seconds", "gauge",
      "Percentiles of all messages that were due, to three significant figures; +Inf where too few "
      "arrived, absent where samples are too few.");
  for (const StoredScenario& scenario : run.scenarios) {
    const auto add = [&](std::string_view kind, const LatencySummary& latency,
                         const DecodedHistogram* samples) {
      const PrometheusFamily::Labels some = with(labels(scenario), "kind", kind);
      if (samples != nullptr && latency.count > 0) histogram.add(some, *samples, latency.mean_ns);
      for (const PercentileEstimate& estimate : latency.percentiles) {
        if (!estimate.supported) continue;
        exact.add(with(some, "percentile", fmt::format("{}", estimate.percentile.percent())),
                  estimate.never() ? std::numeric_limits<double>::infinity()
                                   : seconds(static_cast<double>(estimate.value.count())));
      }
    };
    const auto& kept = scenario.histograms;
    add("response", scenario.response, kept ? &kept->response : nullptr);
    add("service", scenario.service, kept ? &kept->service : nullptr);
  }
  return histogram.text() + exact.text();
}

std::string rates_and_counts(const StoredRun& run) {
  PrometheusFamily rate("busmark_rate_messages_per_second", "gauge",
                        "Intended, offered, achieved and received rate; medians over repetitions.");
  PrometheusFamily messages("busmark_messages", "gauge",
                            "Messages of the measured windows, by what they met.");
  PrometheusFamily cpu("busmark_repetition_cpu_seconds", "gauge",
                       "CPU time of a repetition's threads, warm-up included.");
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.verdict == Verdict::skip) continue;
    const PrometheusFamily::Labels some = labels(scenario);
    if (scenario.rate.intended) rate.add(with(some, "stage", "intended"), *scenario.rate.intended);
    rate.add(with(some, "stage", "offered"), scenario.rate.offered);
    rate.add(with(some, "stage", "achieved"), scenario.rate.achieved);
    rate.add(with(some, "stage", "received"), scenario.rate.received);
    const MessageCounts& counts = scenario.counts;
    const std::array<std::pair<std::string_view, std::uint64_t>, 8> fates{
        {{"published", counts.published},
         {"received", counts.received},
         {"dropped", counts.dropped},
         {"refused", counts.refused},
         {"lost", counts.lost},
         {"duplicated", counts.duplicated},
         {"reordered", counts.reordered},
         {"corrupt", counts.corrupt}}};
    for (const auto& [fate, count] : fates) {
      messages.add(with(some, "fate", fate), static_cast<double>(count));
    }
    for (std::size_t i = 0; i < scenario.repetitions.size(); ++i) {
      const StoredResources& used = scenario.repetitions[i].resources;
      const PrometheusFamily::Labels one = with(some, "repetition", fmt::format("{}", i + 1));
      const auto spent = [](const ResourceUsage& usage) {
        return seconds(static_cast<double>((usage.user + usage.system).count()));
      };
      cpu.add(with(one, "role", "producers"), spent(used.producers));
      cpu.add(with(one, "role", "consumers"), spent(used.consumers));
    }
  }
  return rate.text() + messages.text() + cpu.text();
}

/// Limits and values in base units: seconds, messages per second, messages.
std::string budgets(const StoredRun& run) {
  PrometheusFamily limit("busmark_budget_limit", "gauge", "Limit of a budget, in base units.");
  PrometheusFamily value("busmark_budget_value", "gauge", "What the budget reads, in base units.");
  PrometheusFamily verdict("busmark_budget_verdict", "gauge",
                           "1 for the verdict that a budget got.");
  PrometheusFamily scenarios("busmark_scenario_verdict", "gauge",
                             "1 for the verdict that a scenario got.");
  for (const StoredScenario& scenario : run.scenarios) {
    scenarios.add(with(labels(scenario), "verdict", to_string(scenario.verdict)), 1);
    for (const StoredBudget& budget : scenario.budgets) {
      const PrometheusFamily::Labels some = with(labels(scenario), "budget", budget.shown());
      double scale = 1;
      try {
        const Metric metric = parse_budget(budget.text).metric;
        if (is_latency(metric) || metric == Metric::cpu_overhead_time) scale = 1 / 1e9;
      } catch (const std::invalid_argument&) {
        continue;  // of a later version: its unit is not known here
      }
      limit.add(some, budget.limit * scale);
      if (budget.value) value.add(some, *budget.value * scale);
      if (budget.never.value_or(false)) value.add(some, std::numeric_limits<double>::infinity());
      verdict.add(with(some, "verdict", to_string(budget.verdict)), 1);
    }
  }
  return limit.text() + value.text() + verdict.text() + scenarios.text();
}

std::optional<double> unix_time(const std::string& started_at) {
  std::tm parts{};
  std::istringstream text(started_at);
  text >> std::get_time(&parts, "%Y-%m-%dT%H:%M:%SZ");
  if (text.fail()) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(parts.tm_year + 1900),
                                        std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                        std::chrono::day(static_cast<unsigned>(parts.tm_mday))};
  const auto since = std::chrono::sys_days(day).time_since_epoch() +
                     std::chrono::hours(parts.tm_hour) + std::chrono::minutes(parts.tm_min) +
                     std::chrono::seconds(parts.tm_sec);
  return std::chrono::duration<double>(since).count();
}

std::string about(const StoredRun& run) {
  const Environment& machine = run.environment.machine;
  PrometheusFamily info("busmark_run_info", "gauge", "1; the labels say what was run where.");
  info.add({{"run", run.name},
            {"version", machine.build.version},
            {"compiler", machine.build.compiler},
            {"allocator", machine.build.allocator},
            {"cpu_model", machine.cpu_model},
            {"kernel", machine.kernel}},
           1);
  PrometheusFamily started("busmark_run_start_timestamp_seconds", "gauge",
                           "When the run began, Unix time.");
  if (const auto time = unix_time(run.started_at)) started.add({{"run", run.name}}, *time);
  PrometheusFamily lasted("busmark_run_duration_seconds", "gauge", "How long the run took.");
  lasted.add({{"run", run.name}}, seconds(static_cast<double>(run.wall.count())));
  return info.text() + started.text() + lasted.text();
}

}  // namespace

std::vector<FormFile> write_prometheus(const StoredRun& run) {
  return {{"", about(run) + latencies(run) + rates_and_counts(run) + budgets(run)}};
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "live/page.hpp"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "judge/summary.hpp"
#include "stat/percentile_interval.hpp"
#include "tell/html/assets.hpp"
#include "tell/html/page_template.hpp"
#include "tell/prometheus_family.hpp"

namespace busmark {
namespace {

using Json = nlohmann::ordered_json;

using Named = std::pair<std::string_view, std::optional<Nanoseconds>>;

std::array<Named, 4> figures(const LiveInterval& interval) {
  return {{{"50", interval.p50},
           {"95", interval.p95},
           {"99", interval.p99},
           {"100", interval.count > 0 ? std::optional(interval.max) : std::nullopt}}};
}

bool has_percentile(const Budget& budget) {
  return budget.metric == Metric::latency_percentile || budget.metric == Metric::latency_max;
}

double percent(const Budget& budget) {
  return budget.metric == Metric::latency_max ? 100 : budget.percentile.percent();
}

Json budgets(const LiveView& view) {
  Json list = Json::array();
  for (const Budget& budget : view.budgets) {
    if (!has_percentile(budget)) continue;
    list.push_back(
        {{"text", budget.text}, {"percentile", percent(budget)}, {"limit", budget.limit}});
  }
  return list;
}

}  // namespace

LiveInterval summarise_interval(const DecodedHistogram& response) {
  const auto at = [&](Percentile percentile) -> std::optional<Nanoseconds> {
    if (response.total() < samples_needed(percentile)) return std::nullopt;
    return Nanoseconds(static_cast<std::int64_t>(response.value_at(percentile)));
  };
  return {.count = response.total(),
          .p50 = at({500'000}),
          .p95 = at({950'000}),
          .p99 = at({990'000}),
          .max = Nanoseconds(static_cast<std::int64_t>(response.max()))};
}

std::string write_live_metrics(const LiveView& view) {
  const PrometheusFamily::Labels labels{{"scenario", view.progress.scenario},
                                        {"transport", view.transport}};
  PrometheusFamily up("busmark_live_running", "gauge", "1 while the run lasts.");
  up.add({}, view.over ? 0 : 1);
  PrometheusFamily position("busmark_live_scenario_position", "gauge",
                            "Which scenario of the run it is, from 1.");
  PrometheusFamily phase("busmark_live_phase", "gauge", "1 for the phase of the repetition.");
  PrometheusFamily rate("busmark_live_rate_messages_per_second", "gauge",
                        "Received since the last second; absent between repetitions.");
  PrometheusFamily intended("busmark_live_intended_messages_per_second", "gauge",
                            "Planned rate; absent under saturation.");
  PrometheusFamily latency("busmark_live_response_seconds", "histogram",
                           "Response time in the measured windows of the running scenario.");
  PrometheusFamily recent("busmark_live_response_percentile_seconds", "gauge",
                          "Response time in the last interval; percentile 100 is the maximum.");
  PrometheusFamily limit("busmark_live_budget_seconds", "gauge",
                         "Limits of the running scenario's percentiles.");
  if (!view.over && view.progress.position > 0) {
    position.add(labels, view.progress.position);
    phase.add(with(labels, "phase", view.progress.phase), 1);
    if (view.rate > 0) rate.add(labels, view.rate);
    if (view.intended) intended.add(labels, *view.intended);
    latency.add(labels, view.response, view.response.total() > 0 ? view.response.mean() : 0);
    if (view.intervals > 0) {
      for (const auto& [name, value] : figures(view.interval)) {
        if (value) {
          recent.add(with(labels, "percentile", name),
                     seconds(static_cast<double>(value->count())));
        }
      }
    }
    for (const Budget& budget : view.budgets) {
      if (!has_percentile(budget)) continue;
      limit.add(with(labels, "percentile", fmt::format("{}", percent(budget))),
                seconds(budget.limit));
    }
  }
  return up.text() + position.text() + phase.text() + rate.text() + intended.text() +
         latency.text() + recent.text() + limit.text();
}

std::string write_live_json(const LiveView& view, std::size_t first) {
  const ProgressSnapshot& progress = view.progress;
  Json ended = Json::array();
  for (std::size_t i = first; i < view.ended.size(); ++i) {
    const EndedScenario& one = view.ended[i];
    ended.push_back({{"name", one.name},
                     {"verdict", one.verdict},
                     {"p50", json_nanoseconds(one.p50)},
                     {"p95", json_nanoseconds(one.p95)},
                     {"p99", json_nanoseconds(one.p99)},
                     {"rate", one.rate}});
  }
  const Json json{{"scenario", progress.scenario},
                  {"position", progress.position},
                  {"scenarios", progress.scenarios},
                  {"repetition", progress.repetition},
                  {"repetitions", progress.repetitions},
                  {"phase", progress.phase},
                  {"elapsed", progress.elapsed.count()},
                  {"planned", progress.planned.count()},
                  {"rate", view.rate > 0 ? Json(view.rate) : Json(nullptr)},
                  {"intended", view.intended ? Json(*view.intended) : Json(nullptr)},
                  {"budgets", budgets(view)},
                  {"intervals", view.intervals},
                  {"p50", json_nanoseconds(view.interval.p50)},
                  {"p95", json_nanoseconds(view.interval.p95)},
                  {"p99", json_nanoseconds(view.interval.p99)},
                  {"first", first},
                  {"ended", std::move(ended)},
                  {"over", view.over}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string live_page() {
  return fill_page(kLiveTemplate, {{"style", std::string(kPageStyle)},
                                   {"chart", std::string(kChartLibrary)},
                                   {"script", std::string(kLiveScript)}});
}

}  // namespace busmark

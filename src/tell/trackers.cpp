// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tell/form_writers.hpp"

namespace busmark {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool ran(const StoredScenario& scenario) {
  const bool part = std::ranges::any_of(scenario.repetitions,
                                        [](const auto& one) { return one.used && one.called_off; });
  return !part && scenario.verdict != Verdict::skip && scenario.verdict != Verdict::invalid;
}

Json google_context(const StoredRun& run) {
  const Environment& machine = run.environment.machine;
  Json context{
      {"date", run.started_at},
      {"host_name", machine.host},
      {"executable", "busmark"},
      {"num_cpus", machine.online_cpus},
      {"mhz_per_cpu", run.environment.ticks_per_second
                          ? Json(std::llround(*run.environment.ticks_per_second / 1e6))
                          : Json(0)},
      {"cpu_scaling_enabled", !machine.governor.empty() && machine.governor != "performance"},
      {"caches", Json::array()},
      {"load_avg", Json::array()},
      {"library_version", machine.build.version},
      {"library_build_type", machine.build.optimised ? "release" : "debug"},
      {"json_schema_version", 1}};
  if (machine.load_average) context["load_avg"].push_back(*machine.load_average);
  return context;
}

/// Entries of one measure: its repetitions, which compare.py's U test takes, and their median.
class GoogleFamily {
 public:
  GoogleFamily(Json& benchmarks, const StoredScenario& scenario, std::size_t index)
      : benchmarks_(benchmarks), scenario_(scenario), index_(index) {}

  void add(Percentile percentile) {
    const std::string name = fmt::format("{}/{}", scenario_.name, format_percentile(percentile));
    std::vector<const StoredRepetition*> used;
    for (const StoredRepetition& repetition : scenario_.repetitions) {
      if (repetition.used && repetition.response.find(percentile)) used.push_back(&repetition);
    }
    std::vector<double> real;
    std::vector<double> cpu;
    for (std::size_t i = 0; i < used.size(); ++i) {
      real.push_back(static_cast<double>(used[i]->response.find(percentile)->count()));
      cpu.push_back(used[i]->cpu_ns_per_message().value_or(0));
      Json entry = head(name, used.size());
      entry["run_type"] = "iteration";
      entry["repetition_index"] = i;
      entry["iterations"] = used[i]->response.count;
      times(entry, real.back(), cpu.back());
      entry["items_per_second"] = used[i]->rate.achieved;
      benchmarks_.push_back(std::move(entry));
    }
    if (used.empty()) return;
    Json entry = head(name, used.size());
    entry["name"] = name + "_median";
    entry["run_type"] = "aggregate";
    entry["aggregate_name"] = "median";
    entry["aggregate_unit"] = "time";
    entry["iterations"] = used.size();
    times(entry, middle(real), middle(cpu));
    benchmarks_.push_back(std::move(entry));
  }

 private:
  [[nodiscard]] Json head(const std::string& name, std::size_t repetitions) const {
    return {{"name", name},     {"family_index", index_},     {"per_family_instance_index", 0},
            {"run_name", name}, {"repetitions", repetitions}, {"threads", 1}};
  }
  static void times(Json& entry, double real, double cpu) {
    entry["real_time"] = real;
    entry["cpu_time"] = cpu;
    entry["time_unit"] = "ns";
  }
  static double middle(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  }

  Json& benchmarks_;
  const StoredScenario& scenario_;
  std::size_t index_;
};

constexpr std::array<Percentile, 4> kTracked{{{500'000}, {950'000}, {990'000}, {999'000}}};

std::string range_text(const Interval& interval) {
  const auto end = [](Nanoseconds one) {
    return one == kNever ? "never" : fmt::format("{}", one.count());
  };
  return fmt::format("{} .. {}", end(interval.low), end(interval.high));
}

/// Lowest and highest achieved rate of the repetitions used.
std::pair<double, double> rate_range(const StoredScenario& scenario) {
  std::pair range{scenario.rate.achieved, scenario.rate.achieved};
  for (const StoredRepetition& repetition : scenario.repetitions) {
    if (!repetition.used) continue;
    range.first = std::min(range.first, repetition.rate.achieved);
    range.second = std::max(range.second, repetition.rate.achieved);
  }
  return range;
}

}  // namespace

std::vector<FormFile> write_google_benchmark(const StoredRun& run) {
  Json benchmarks = Json::array();
  std::size_t index = 0;
  for (const StoredScenario& scenario : run.scenarios) {
    if (!ran(scenario)) continue;
    for (const Percentile percentile : kTracked) {
      GoogleFamily(benchmarks, scenario, index++).add(percentile);
    }
  }
  return {{"", dumped({{"context", google_context(run)}, {"benchmarks", std::move(benchmarks)}})}};
}

std::vector<FormFile> write_gab_latency(const StoredRun& run) {
  Json entries = Json::array();
  for (const StoredScenario& scenario : run.scenarios) {
    if (!ran(scenario)) continue;
    for (const Percentile percentile : kTracked) {
      const PercentileEstimate* estimate = scenario.response.find(percentile);
      if (estimate == nullptr || !estimate->supported || estimate->never()) continue;
      entries.push_back({{"name", scenario.name + " " + format_percentile(percentile)},
                         {"unit", "ns"},
                         {"value", estimate->value.count()}});
      if (estimate->known) entries.back()["range"] = range_text(estimate->interval);
      entries.back()["extra"] = scenario.transport;
    }
  }
  return {{"", dumped(entries)}};
}

std::vector<FormFile> write_gab_rate(const StoredRun& run) {
  Json entries = Json::array();
  for (const StoredScenario& scenario : run.scenarios) {
    if (!ran(scenario)) continue;
    const auto [low, high] = rate_range(scenario);
    entries.push_back({{"name", scenario.name + " rate"},
                       {"unit", "messages/s"},
                       {"value", scenario.rate.achieved},
                       {"range", fmt::format("{} .. {}", low, high)},
                       {"extra", scenario.transport}});
  }
  return {{"", dumped(entries)}};
}

std::vector<FormFile> write_bencher(const StoredRun& run) {
  Json benchmarks = Json::object();
  for (const StoredScenario& scenario : run.scenarios) {
    if (!ran(scenario)) continue;
    Json measures = Json::object();
    for (const PercentileEstimate& estimate : scenario.response.percentiles) {
      if (!estimate.supported || estimate.never()) continue;
      Json& measure = measures["latency-" + format_percentile(estimate.percentile)];
      measure["value"] = estimate.value.count();
      if (!estimate.known) continue;
      measure["lower_value"] = estimate.interval.low.count();
      if (estimate.interval.high != kNever) {
        measure["upper_value"] = estimate.interval.high.count();
      }
    }
    const auto [low, high] = rate_range(scenario);
    measures["throughput"] = {
        {"value", scenario.rate.achieved}, {"lower_value", low}, {"upper_value", high}};
    benchmarks[scenario.name] = std::move(measures);
  }
  return {{"", dumped(benchmarks)}};
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "tell/html/data.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tell/form_writers.hpp"

namespace busmark {
namespace {

using Json = nlohmann::ordered_json;

/// Intervals on the page in all, and of one scenario at least and at most.
constexpr std::size_t kMostIntervals = 14'000;
constexpr std::size_t kFewestColumns = 12;
constexpr std::size_t kMostColumns = 600;
/// Points of a spectrum per decade; fewer where the page has many spectra.
constexpr int kSteps = 20;
constexpr int kFewSteps = 5;
constexpr std::size_t kManyScenarios = 100;

constexpr std::array<Percentile, 4> kCurvePercentiles{{{500'000}, {950'000}, {990'000}, {999'000}}};

/// Latency at 1 / (1 - p) = 10^(i / steps) as far as there are samples, and the maximum.
Json spectrum(const DecodedHistogram& histogram, Nanoseconds max, int steps) {
  const std::uint64_t total = histogram.total();
  if (total == 0) return nullptr;
  Json values = Json::array();
  const auto highest = static_cast<std::uint64_t>(max.count());
  for (int i = 0;; ++i) {
    const double one_in = std::pow(10.0, static_cast<double>(i) / steps);
    if (one_in >= static_cast<double>(total)) break;
    // A bucket's highest value may lie above the exact maximum.
    values.push_back(std::min(histogram.value_at_percentile(100 * (1 - 1 / one_in)), highest));
  }
  values.push_back(highest);
  return {{"count", total}, {"values", std::move(values)}};
}

Json limits(const StoredScenario& scenario) {
  Json list = Json::array();
  for (const StoredBudget& stored : scenario.budgets) {
    if (stored.message_class) continue;  // the curves are of the whole scenario
    try {
      const Budget budget = parse_budget(stored.text);
      if (!is_latency(budget.metric) || budget.metric == Metric::latency_mean) continue;
      const bool max = budget.metric == Metric::latency_max;
      list.push_back({{"text", stored.text},
                      {"percentile", max ? 100.0 : budget.percentile.percent()},
                      {"limit", stored.limit}});
    } catch (const std::invalid_argument&) {
      continue;  // of a later version: where it stands is not known here
    }
  }
  return list;
}

/// `[start, length, messages, percentiles..., max]` of intervals that are shown as one column.
Json column(std::span<const StoredInterval> intervals) {
  Nanoseconds length{};
  std::uint64_t messages = 0;
  for (const StoredInterval& interval : intervals) {
    length += interval.length;
    messages += interval.response.count;
  }
  Json cells{intervals.front().start.count(), length.count(), messages};
  const auto worst = [&](auto value_of_interval) {
    std::optional<Nanoseconds> worst_value;
    for (const StoredInterval& interval : intervals) {
      const std::optional<Nanoseconds> value = value_of_interval(interval.response);
      if (value && (!worst_value || *value > *worst_value)) worst_value = value;
    }
    cells.push_back(json_nanoseconds(worst_value));
  };
  for (const Percentile percentile : kReportedPercentiles) {
    worst([=](const StoredLatency& latency) { return latency.find(percentile); });
  }
  worst([](const StoredLatency& latency) { return latency.max; });
  return cells;
}

/// How many neighbours make one column, so that the scenario has no more than `most`.
std::size_t merged(const StoredScenario& scenario, std::size_t most) {
  std::size_t all = 0;
  for (const StoredRepetition& repetition : scenario.repetitions) {
    if (repetition.intervals) all += repetition.intervals->size();
  }
  return std::max<std::size_t>(1, (all + most - 1) / most);
}

Json repetitions(const StoredScenario& scenario, std::size_t step) {
  Json list = Json::array();
  std::size_t number = 0;
  for (const StoredRepetition& repetition : scenario.repetitions) {
    ++number;
    Json columns = Json::array();
    if (repetition.intervals) {
      const std::span<const StoredInterval> all(*repetition.intervals);
      for (std::size_t i = 0; i < all.size(); i += step) {
        columns.push_back(column(all.subspan(i, std::min(step, all.size() - i))));
      }
    }
    list.push_back(
        {{"number", number}, {"used", repetition.used}, {"intervals", std::move(columns)}});
  }
  return list;
}

/// `[value, low, high]` of each of kCurvePercentiles, or null; empty where nothing was received or
/// may be believed.
Json points(const StoredScenario& scenario) {
  Json list = Json::array();
  const bool sound = scenario.verdict != Verdict::invalid && scenario.verdict != Verdict::skip;
  if (!sound || scenario.response.count == 0) return list;
  for (const Percentile percentile : kCurvePercentiles) {
    const PercentileEstimate* estimate = scenario.response.find(percentile);
    const bool finite = estimate != nullptr && estimate->supported && !estimate->never();
    if (!finite) {
      list.push_back(nullptr);
      continue;
    }
    // A bar has to end somewhere: without an interval at its point, for ever at the maximum.
    const Nanoseconds value = estimate->value;
    const Interval ends = estimate->known ? estimate->interval : Interval{value, value};
    list.push_back({value.count(), ends.low.count(),
                    std::min(ends.high, std::max(value, scenario.response.max)).count()});
  }
  return list;
}

/// Scenarios that differ in nothing but their load, told apart by what else differs.
class Series {
 public:
  explicit Series(const StoredRun& run) {
    for (const StoredScenario& scenario : run.scenarios) {
      for (const auto& [name, value] : settings(scenario)) values_[name].insert_or_assign(value, 0);
    }
    for (const StoredScenario& scenario : run.scenarios) {
      const std::string label = label_of(scenario);
      const auto found = std::find(labels_.begin(), labels_.end(), label);
      of_scenario_.push_back(static_cast<std::size_t>(found - labels_.begin()));
      if (found == labels_.end()) labels_.push_back(label);
    }
  }
  [[nodiscard]] const std::vector<std::string>& labels() const noexcept { return labels_; }
  [[nodiscard]] std::size_t of(std::size_t scenario) const { return of_scenario_[scenario]; }

 private:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  static Settings settings(const StoredScenario& scenario) {
    Settings all{{"transport", scenario.transport}};
    for (const StoredParameter& parameter : scenario.parameters) {
      if (parameter.name.starts_with("load")) continue;
      all.emplace_back(parameter.name, to_string(parameter.value));
    }
    return all;
  }

  [[nodiscard]] std::string label_of(const StoredScenario& scenario) const {
    std::string label;
    for (const auto& [name, value] : settings(scenario)) {
      if (name == "transport") {
        label = value;
      } else if (values_.at(name).size() > 1) {
        label += fmt::format(" {}={}", name, value);
      }
    }
    return label;
  }

  std::map<std::string, std::map<std::string, int>> values_;  // of each setting, those in use
  std::vector<std::string> labels_;
  std::vector<std::size_t> of_scenario_;
};

Json scenarios(const StoredRun& run, const Series& series, int steps) {
  const std::size_t count = std::max<std::size_t>(1, run.scenarios.size());
  const std::size_t columns = std::clamp(kMostIntervals / count, kFewestColumns, kMostColumns);
  Json list = Json::array();
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    const StoredScenario& scenario = run.scenarios[i];
    const std::size_t step = merged(scenario, columns);
    const auto& kept = scenario.histograms;
    Json one{{"name", scenario.name},
             {"verdict", to_string(scenario.verdict)},
             {"openLoop", scenario.open_loop()},
             {"closedLoop", scenario.users.has_value()},
             {"intended", nullptr},
             {"received", scenario.rate.received},
             {"series", series.of(i)},
             {"limits", limits(scenario)},
             {"response", nullptr},
             {"service", nullptr},
             {"points", points(scenario)},
             {"merged", step},
             {"repetitions", repetitions(scenario, step)}};
    if (scenario.rate.intended) one["intended"] = *scenario.rate.intended;
    if (kept) {
      one["response"] = spectrum(kept->response, scenario.response.max, steps);
      one["service"] = spectrum(kept->service, scenario.service.max, steps);
    }
    list.push_back(std::move(one));
  }
  return list;
}

Json changes(const RunComparison& comparison) {
  Json list = Json::array();
  for (const ScenarioChange& scenario : comparison.scenarios) {
    for (const MeasureChange& change : scenario.measures) {
      list.push_back({{"scenario", scenario.name},
                      {"measure", change.measure},
                      {"change", to_string(change.change)},
                      {"isRate", change.unit == MeasureUnit::messages_per_second},
                      {"old", change.old_value},
                      {"new", change.new_value},
                      {"effect", change.effect},
                      {"low", change.bounded ? Json(change.low) : Json(nullptr)},
                      {"high", change.bounded ? Json(change.high) : Json(nullptr)}});
    }
  }
  return list;
}

}  // namespace

std::string write_html_data(const StoredRun& run, const RunComparison* comparison) {
  const Series series(run);
  const int steps = run.scenarios.size() > kManyScenarios ? kFewSteps : kSteps;
  Json percentiles = Json::array();
  for (const Percentile percentile : kReportedPercentiles) {
    percentiles.push_back(percentile.percent());
  }
  Json curve = Json::array();
  for (const Percentile percentile : kCurvePercentiles) {
    curve.push_back(format_percentile(percentile));
  }
  Json json{{"percentiles", std::move(percentiles)},
            {"curvePercentiles", std::move(curve)},
            {"steps", steps},
            // A percentile is carried by this many samples beyond it; see samples_needed().
            {"samplesPerTail", -std::log(0.025)},
            {"floors", Json::array()},  // machine floors: {label, count, values} as a spectrum
            {"series", series.labels()},
            {"comparison", nullptr},
            {"scenarios", scenarios(run, series, steps)}};
  if (comparison != nullptr) {
    json["comparison"] = {{"threshold", comparison->options.threshold},
                          {"measures", measure_names()},
                          {"changes", changes(*comparison)}};
  }
  // Names come from anywhere; and `</script>` would end the element that this stands in.
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      safe += "\\u003c";  // `<` stands only inside strings
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace busmark

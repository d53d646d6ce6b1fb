// SPDX-License-Identifier: Apache-2.0
#include "verb/soak/judge.hpp"

#include <algorithm>
#include <cmath>

#include "stat/statistics.hpp"

namespace busmark {
namespace {

double hours(Nanoseconds time) noexcept {
  return std::chrono::duration<double, std::ratio<3600>>(time).count();
}

template <typename Value>
double number(const Value& value) noexcept {
  if constexpr (requires { value.bytes; }) {
    return static_cast<double>(value.bytes);
  } else if constexpr (requires { value.count(); }) {
    return static_cast<double>(value.count());
  } else {
    return static_cast<double>(value);
  }
}

/// The series of one figure. `counted` are the samples behind slopes, of `all`.
class Figures {
 public:
  Figures(std::span<const SoakSample> all, std::span<const SoakSample> counted)
      : all_(all), counted_(counted) {}

  template <typename Value>
  [[nodiscard]] std::optional<SoakCourse> course(std::optional<Value> MemoryUsage::*figure) const {
    std::optional<SoakCourse> course;
    for (const SoakSample& sample : all_) {
      const std::optional<Value>& value = sample.memory.*figure;
      if (!value) continue;
      if (!course) course = SoakCourse{.initial = number(*value), .per_hour = {}};
      course->final = number(*value);
      course->peak = std::max(course->peak, number(*value));
    }
    if (!course) return course;
    std::vector<SeriesPoint> series;
    for (const SoakSample& sample : counted_) {
      const std::optional<Value>& value = sample.memory.*figure;
      if (value) series.push_back({hours(sample.end()), number(*value)});
    }
    course->per_hour = theil_sen(series);
    return course;
  }

  /// `figure` of a sample gives an optional number.
  template <typename Figure>
  [[nodiscard]] std::optional<SoakDrift> drift(Figure figure) const {
    std::vector<SeriesPoint> series;
    std::vector<double> values;
    for (const SoakSample& sample : counted_) {
      const std::optional<double> value = figure(sample);
      if (!value) continue;
      series.push_back({hours(sample.start + sample.length / 2), *value});
      values.push_back(*value);
    }
    if (series.empty()) return std::nullopt;
    SoakDrift drift{.median = median(values), .per_hour = {}};
    if (drift.median <= 0) return drift;
    for (SeriesPoint& point : series) point.y /= drift.median;
    drift.per_hour = theil_sen(series);
    return drift;
  }

  [[nodiscard]] std::optional<SoakDrift> drift_of(
      std::optional<Nanoseconds> SoakSample::*percentile) const {
    return drift([percentile](const SoakSample& sample) -> std::optional<double> {
      const std::optional<Nanoseconds>& value = sample.*percentile;
      if (!value) return std::nullopt;
      return number(*value);
    });
  }

 private:
  std::span<const SoakSample> all_;
  std::span<const SoakSample> counted_;
};

/// RSS moves in whole pages: growth of less than one shows in no sample.
void admit_pages(std::optional<SlopeEstimate>& per_hour, Nanoseconds span) noexcept {
  constexpr double kPage = 4096;
  if (!per_hour || !per_hour->bounded() || span.count() <= 0) return;
  *per_hour->low -= kPage / hours(span);
  *per_hour->high += kPage / hours(span);
}

}  // namespace

double SoakSample::rate() const noexcept {
  if (length.count() <= 0) return 0;
  return static_cast<double>(received) / std::chrono::duration<double>(length).count();
}

std::string_view to_string(MemoryClass memory) noexcept {
  switch (memory) {
    case MemoryClass::normal: return "normal";
    case MemoryClass::monitor: return "monitor";
    case MemoryClass::leak: return "leak";
    case MemoryClass::inconclusive: return "inconclusive";
  }
  return "unknown";
}

MemoryClass classify_memory(const std::optional<SlopeEstimate>& per_hour) noexcept {
  if (!per_hour || !per_hour->bounded()) return MemoryClass::inconclusive;
  if (*per_hour->low > kLeakAbove) return MemoryClass::leak;
  if (*per_hour->high < kNormalBelow) return MemoryClass::normal;
  if (*per_hour->low >= kNormalBelow) return MemoryClass::monitor;
  return MemoryClass::inconclusive;
}

std::optional<Nanoseconds> SoakAnalysis::would_tell() const noexcept {
  if (!rss || !rss->per_hour || !rss->per_hour->bounded() || span.count() <= 0) return std::nullopt;
  // Half as wide as the narrowest class tells it from its neighbour, unless it lies on the border.
  constexpr double kWanted = kNormalBelow / 2;
  const double factor = std::pow(*rss->per_hour->half_width() / kWanted, 2.0 / 3);
  const double wanted = static_cast<double>(span.count()) * std::max(factor, 2.0);
  constexpr auto kMost = static_cast<double>(Nanoseconds(std::chrono::hours(24)).count());
  if (!(wanted <= kMost)) return std::nullopt;
  // The start-up comes on top, and the last interval does not count.
  const auto minutes = std::ceil(wanted / 0.8 / 60e9);
  return std::chrono::minutes(static_cast<std::int64_t>(minutes));
}

SoakAnalysis analyse_soak(std::span<const SoakSample> samples) {
  SoakAnalysis analysis;
  std::span<const SoakSample> whole = samples;
  if (!whole.empty() && whole.back().last) whole = whole.first(whole.size() - 1);
  analysis.start_up = std::min((samples.size() + 9) / 10, whole.size());
  const std::span<const SoakSample> counted = whole.subspan(analysis.start_up);
  analysis.counted = counted.size();
  if (!counted.empty()) analysis.span = counted.back().end() - counted.front().end();
  const Figures figures(samples, counted);
  analysis.rss = figures.course(&MemoryUsage::rss);
  if (analysis.rss) admit_pages(analysis.rss->per_hour, analysis.span);
  analysis.pss = figures.course(&MemoryUsage::pss);
  analysis.vms = figures.course(&MemoryUsage::vms);
  analysis.committed = figures.course(&MemoryUsage::committed);
  analysis.open_files = figures.course(&MemoryUsage::open_files);
  analysis.threads = figures.course(&MemoryUsage::threads);
  analysis.memory = classify_memory(analysis.rss ? analysis.rss->per_hour : std::nullopt);
  analysis.p50 = figures.drift_of(&SoakSample::p50);
  analysis.p95 = figures.drift_of(&SoakSample::p95);
  analysis.p99 = figures.drift_of(&SoakSample::p99);
  analysis.rate =
      figures.drift([](const SoakSample& sample) { return std::optional(sample.rate()); });
  return analysis;
}

Verdict verdict_of_memory(MemoryClass memory) noexcept {
  switch (memory) {
    case MemoryClass::normal: return Verdict::pass;
    case MemoryClass::monitor: return Verdict::warn;
    case MemoryClass::leak: return Verdict::fail;
    case MemoryClass::inconclusive: break;
  }
  return Verdict::inconclusive;
}

Verdict judge_memory(MemoryClass memory, const ScenarioVerdict& scenario) noexcept {
  std::optional<Verdict> worst;
  for (const BudgetVerdict& one : scenario.budgets) {
    if (one.budget.metric != Metric::memory_slope) continue;
    worst = std::max(worst, std::optional(one.verdict));
  }
  return worst.value_or(verdict_of_memory(memory));
}

Verdict judge_soak(Verdict memory, Verdict scenario) noexcept {
  if (memory == Verdict::fail) return memory;
  return scenario == Verdict::skip ? scenario : std::max(memory, scenario);
}

}  // namespace busmark

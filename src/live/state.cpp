// SPDX-License-Identifier: Apache-2.0
#include "live/state.hpp"

#include <utility>

#include "judge/store.hpp"
#include "judge/verdict.hpp"
#include "live/line.hpp"
#include "record/run_result.hpp"
#include "record/store/json_writer.hpp"
#include "tell/forms.hpp"

namespace busmark {
namespace {

/// The scenario that has ended last, judged alone: judging all again would take longer each time.
StoredRun last_of(const RunResult& so_far) {
  JudgedRun run{.result = &so_far, .scenarios = {}};
  run.scenarios.push_back(judge(so_far.scenarios.back()));
  StoredRun stored = store(run);
  stored.hints.clear();  // they are of a whole run
  return stored;
}

EndedScenario row(const StoredScenario& scenario) {
  const auto at = [&](Percentile percentile) -> std::optional<Nanoseconds> {
    const PercentileEstimate* estimate = scenario.response.find(percentile);
    if (estimate == nullptr || !estimate->supported) return std::nullopt;
    return estimate->value;
  };
  return {.name = scenario.name,
          .verdict = std::string(to_string(scenario.verdict)),
          .p50 = at({500'000}),
          .p95 = at({950'000}),
          .p99 = at({990'000}),
          .rate = scenario.rate.achieved};
}

}  // namespace

LiveState::LiveState(const RunPlan& plan, LiveProgress& progress)
    : plan_(plan), progress_(progress) {
  progress_.on_interval([this](const IntervalResult& interval) { add(interval); });
  progress_.on_scenario([this](const RunResult& so_far) { add(so_far); });
}

LiveState::~LiveState() {
  progress_.on_interval(nullptr);
  progress_.on_scenario(nullptr);
}

void LiveState::add(const IntervalResult& interval) {
  waiting_.push_back(interval.response);
  const std::unique_lock lock(live_mutex_, std::try_to_lock);
  if (lock) take_in_waiting();
}

void LiveState::take_in_waiting() {
  if (waiting_.empty()) return;
  if (std::exchange(interval_scenario_, position_) != position_) {
    view_.response = DecodedHistogram(Histogram::shape());
    view_.intervals = 0;
  }
  for (const DecodedHistogram& response : waiting_) view_.response.merge(response);
  view_.interval = summarise_interval(waiting_.back());
  view_.intervals += waiting_.size();
  waiting_.clear();
}

void LiveState::add(const RunResult& so_far) {
  StoredRun last = last_of(so_far);
  EndedScenario ended = row(last.scenarios.front());
  {
    const std::scoped_lock lock(stored_mutex_);
    StoredScenario scenario = std::move(last.scenarios.front());
    last.scenarios = std::move(stored_.scenarios);
    last.scenarios.push_back(std::move(scenario));
    stored_ = std::move(last);
    stored_.interrupted = true;
    stored_.wall = progress_.snapshot().elapsed;
  }
  const std::scoped_lock lock(live_mutex_);
  take_in_waiting();
  ++position_;
  view_.ended.push_back(std::move(ended));
}

void LiveState::look() {
  const ProgressSnapshot now = progress_.snapshot();
  const std::scoped_lock lock(live_mutex_);
  view_.rate = rate_between(view_.progress, now);
  const bool other = view_.progress.position != now.position;
  view_.progress = now;
  if (!other || now.position == 0) return;
  const Scenario& scenario = plan_.scenarios[now.position - 1].scenario;
  view_.transport = scenario.transport;
  view_.budgets = scenario.budget;
  view_.intended.reset();
  // Stages have a rate each: there is none to be shown.
  const bool steady = scenario.load.open_loop() && scenario.stages.empty();
  if (steady) view_.intended = scenario.load.rate->per_second;
}

LiveView LiveState::view() const {
  const std::scoped_lock lock(live_mutex_);
  LiveView view = view_;
  if (view.progress.position != interval_scenario_) {  // its first interval has not ended
    view.intervals = 0;
    view.interval = {};
    view.response = DecodedHistogram(Histogram::shape());
  }
  return view;
}

std::string LiveState::metrics() {
  const std::string live = write_live_metrics(view());
  const std::scoped_lock lock(stored_mutex_);
  if (stored_.scenarios.size() != stored_metrics_of_) {
    stored_metrics_ = find_form("prom")->write(stored_).front().text;
    stored_metrics_of_ = stored_.scenarios.size();
  }
  return live + stored_metrics_;
}

std::string LiveState::result_json() {
  const std::scoped_lock lock(stored_mutex_);
  return stored_.scenarios.empty() ? "" : write_result_json(stored_);
}

void LiveState::finish() {
  const std::scoped_lock lock(live_mutex_);
  view_.over = true;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "busmark/analysis/verdict.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "budget_reading.hpp"
#include "called_off.hpp"
#include "corruption.hpp"

namespace busmark {
namespace {

constexpr double kSlack = 0.10;          // below this share of the limit a pass is a warning
constexpr double kRateTolerance = 0.01;  // an open loop that misses more is invalid

bool holds(double value, Comparison comparison, double limit) noexcept {
  switch (comparison) {
    case Comparison::less: return value < limit;
    case Comparison::less_equal: return value <= limit;
    case Comparison::greater: return value > limit;
    case Comparison::greater_equal: return value >= limit;
    case Comparison::equal: return value == limit;
  }
  return false;
}

bool wants_more(Comparison comparison) noexcept {
  return comparison == Comparison::greater || comparison == Comparison::greater_equal;
}

double as_double(std::uint64_t count) noexcept { return static_cast<double>(count); }
double as_double(Nanoseconds duration) noexcept { return static_cast<double>(duration.count()); }

/// An open loop that keeps its schedule meets any rate up to the intended one, though the achieved
/// figure may lie a hair below it.
bool kept_rate(const Budget& budget, const ScenarioSummary& summary) noexcept {
  return budget.metric == Metric::rate && wants_more(budget.comparison) &&
         summary.intended_rate > 0 && budget.limit <= summary.intended_rate &&
         summary.achieved_rate >= summary.intended_rate * (1 - kRateTolerance);
}

/// Of what was published. Exact at the ends: all is 1 and none is 0.
double share_of(std::uint64_t count, const MessageCounts& counts) noexcept {
  return counts.published == 0 ? 0 : as_double(count) / as_double(counts.published);
}

BudgetReading read(const Budget& budget, const ScenarioSummary& summary) {
  const MessageCounts& counts = summary.all_counts;
  switch (budget.metric) {
    case Metric::latency_percentile: {
      const PercentileEstimate* estimate = summary.response.find(budget.percentile);
      if (estimate == nullptr) return {};
      return {
          .value = as_double(estimate->value),
          .interval = {{as_double(estimate->interval.low), as_double(estimate->interval.high)}}};
    }
    case Metric::latency_mean: return {.value = summary.response.mean_ns};
    case Metric::latency_max: return {.value = as_double(summary.response.max)};
    case Metric::rate: return {.value = summary.achieved_rate};
    case Metric::lost: return {.value = as_double(counts.lost)};
    case Metric::dropped: return {.value = as_double(counts.dropped)};
    case Metric::refused: return {.value = as_double(counts.refused)};
    case Metric::duplicated: return {.value = as_double(counts.duplicated)};
    case Metric::reordered: return {.value = as_double(counts.reordered)};
    case Metric::corrupt: return {.value = as_double(counts.corrupt)};
    case Metric::delivery: return {.value = share_of(counts.received, counts)};
    case Metric::errors:
      return {.value = share_of(counts.lost + counts.dropped + counts.refused + counts.duplicated +
                                    counts.corrupt,
                                counts)};
    case Metric::availability: return {.value = summary.availability};
    case Metric::rss:
    case Metric::memory_growth:
    case Metric::memory_slope:
    case Metric::cpu_overhead:
    case Metric::cpu_overhead_time: return read_process(budget, summary);
  }
  return {};
}

/// An open loop cannot exceed the rate it was asked for, nor a share the whole, so there meeting it
/// leaves no slack to want.
bool slack_applies(const Budget& budget, const ScenarioSummary& summary) noexcept {
  if (budget.limit == 0 || budget.comparison == Comparison::equal) return false;
  if (is_share(budget.metric)) return false;
  return budget.metric != Metric::rate || summary.intended_rate == 0;
}

bool straddles(const BudgetReading::Between& interval, const Budget& budget) noexcept {
  return holds(interval.low, budget.comparison, budget.limit) !=
         holds(interval.high, budget.comparison, budget.limit);
}

/// What the machine alone makes of the figure that a budget limits; empty where that is not known.
std::optional<Nanoseconds> floor_of(const Budget& budget, const ScenarioSummary& summary) {
  if (!summary.floor) return std::nullopt;
  switch (budget.metric) {
    case Metric::latency_percentile: {
      const FloorPercentile* floor = summary.floor->find(budget.percentile);
      return floor == nullptr ? std::nullopt : std::optional(floor->value);
    }
    case Metric::latency_mean: return summary.floor->mean;
    case Metric::latency_max: return summary.floor->max;
    default: return std::nullopt;
  }
}

/// Why a missed budget says nothing about the transport: these cores miss it without any, and what
/// the transport adds would hold it. Empty when the transport misses it by itself.
std::optional<std::string> machine_alone_misses(const Budget& budget,
                                                const ScenarioSummary& summary, double value) {
  const std::optional<Nanoseconds> floor = floor_of(budget, summary);
  if (!floor || holds(as_double(*floor), budget.comparison, budget.limit)) return std::nullopt;
  if (!holds(value - as_double(*floor), budget.comparison, budget.limit)) return std::nullopt;
  return fmt::format(
      "these cores alone make {} of it, before any transport: the machine misses "
      "the budget, not the bus; busmark doctor says what to change",
      format_duration(*floor));
}

bool is_missed(const StageSummary& stage) noexcept { return stage.missed_share() > kRateTolerance; }

/// The stage that missed most of its messages, with how many others were not kept; empty when all
/// were.
std::optional<std::string> missed_stage(const std::vector<StageSummary>& stages) {
  const auto missed = std::count_if(stages.begin(), stages.end(), is_missed);
  if (missed == 0) return std::nullopt;
  const auto worst =
      std::max_element(stages.begin(), stages.end(), [](const auto& a, const auto& b) {
        return std::pair(is_missed(a), a.missed()) < std::pair(is_missed(b), b.missed());
      });
  return fmt::format(
      "stage {} of {} (\"{}\") missed its {}: of {} messages {} stayed unsent, {} were sent after "
      "it, {} were refused and {} dropped{}",
      worst - stages.begin() + 1, stages.size(), worst->name, format_rate({worst->intended_rate}),
      worst->published + worst->unsent, worst->unsent, worst->overdue, worst->refused,
      worst->dropped,
      missed == 1 ? "" : fmt::format("; {} other stage{} too", missed - 1, missed == 2 ? "" : "s"));
}

/// Share of the schedule that an open loop did not keep, as a sentence; empty within tolerance.
std::optional<std::string> missed_rate(const ScenarioSummary& summary) {
  if (keeps_rate(summary)) return std::nullopt;
  if (auto stage = missed_stage(summary.stages)) return stage;
  // Counts are of deliveries, what concerns the schedule is of messages.
  const std::uint64_t refused = summary.counts.refused / summary.copies;
  const std::uint64_t dropped = summary.counts.dropped / summary.copies;
  const std::uint64_t planned = summary.unsent + summary.counts.published / summary.copies;
  return fmt::format(
      "the intended {} was missed: of {} messages {} stayed unsent, {} were sent after the window, "
      "{} were refused and {} dropped",
      format_rate({summary.intended_rate}), planned, summary.unsent, summary.overdue, refused,
      dropped);
}

}  // namespace

double missed_share(const ScenarioSummary& summary) noexcept {
  if (summary.intended_rate <= 0) return 0;
  const std::uint64_t given_up = (summary.counts.refused + summary.counts.dropped) / summary.copies;
  const std::uint64_t planned = summary.unsent + summary.counts.published / summary.copies;
  if (planned == 0) return 0;
  return as_double(summary.unsent + summary.overdue + given_up) / as_double(planned);
}

bool keeps_rate(const ScenarioSummary& summary) noexcept {
  return missed_share(summary) <= kRateTolerance &&
         std::none_of(summary.stages.begin(), summary.stages.end(), is_missed);
}

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::skip: return "SKIP";
    case Verdict::pass: return "PASS";
    case Verdict::warn: return "WARN";
    case Verdict::inconclusive: return "INCONCLUSIVE";
    case Verdict::fail: return "FAIL";
    case Verdict::invalid: return "INVALID";
  }
  return "UNKNOWN";
}

BudgetVerdict judge(const Budget& budget, const ScenarioSummary& summary) {
  BudgetVerdict verdict;
  verdict.budget = budget;
  if (budget.metric == Metric::latency_percentile &&
      summary.response.count / summary.copies < samples_needed(budget.percentile)) {
    verdict.verdict = Verdict::invalid;
    verdict.reason =
        fmt::format("{} needs {} samples and there are {}", format_percentile(budget.percentile),
                    samples_needed(budget.percentile), summary.response.count / summary.copies);
    return verdict;
  }
  const BudgetReading reading = read(budget, summary);
  if (!reading.unknown.empty()) {
    verdict.verdict = Verdict::inconclusive;
    verdict.reason = reading.unknown;
    return verdict;
  }
  verdict.value = reading.value;
  if (budget.limit != 0) {
    const double left =
        wants_more(budget.comparison) ? reading.value - budget.limit : budget.limit - reading.value;
    verdict.margin = left / std::abs(budget.limit);
    if (kept_rate(budget, summary)) verdict.margin = std::max(*verdict.margin, 0.0);
  }
  const bool met =
      holds(reading.value, budget.comparison, budget.limit) || kept_rate(budget, summary);
  if (reading.interval && straddles(*reading.interval, budget)) {
    verdict.verdict = Verdict::inconclusive;
    verdict.reason = fmt::format("the limit lies inside the interval {} .. {}",
                                 format_value(budget.metric, reading.interval->low),
                                 format_value(budget.metric, reading.interval->high));
  } else if (auto machine =
                 met ? std::nullopt : machine_alone_misses(budget, summary, reading.value)) {
    verdict.verdict = Verdict::invalid;
    verdict.reason = std::move(*machine);
  } else if (!met) {
    verdict.verdict = Verdict::fail;
    verdict.reason = verdict.margin && *verdict.margin < 0
                         ? fmt::format("missed by {:.3g} % of the limit", -*verdict.margin * 100)
                         : "the limit is missed";
  } else if (slack_applies(budget, summary) && *verdict.margin < kSlack) {
    verdict.verdict = Verdict::warn;
    verdict.reason = fmt::format("met with only {:.2g} % to spare", *verdict.margin * 100);
  }
  return verdict;
}

std::vector<std::string> find_faults(const ScenarioResult& result, const ScenarioSummary& summary) {
  std::vector<std::string> faults = result.faults;
  const MessageCounts& counts = summary.all_counts;
  if (summary.response.count == 0) faults.push_back("no message was received in the window");
  if (auto missed = missed_rate(summary)) faults.push_back(std::move(*missed));
  if (counts.lost > 0 && result.lossless) {
    faults.push_back(
        fmt::format("{} messages were lost on a transport that must lose none", counts.lost));
  }
  if (counts.duplicated > 0 && result.lossless) {
    faults.push_back(fmt::format("{} messages arrived more than once", counts.duplicated));
  }
  if (auto corruption = unexplained_corruption(result)) faults.push_back(std::move(*corruption));
  if (summary.response.overflow > 0) {
    faults.push_back(fmt::format("{} samples were beyond the histogram's {}",
                                 summary.response.overflow,
                                 format_duration(Nanoseconds(Histogram::shape().highest()))));
  }
  std::uint64_t warmup_lost = 0;
  std::uint64_t backwards = 0;
  Nanoseconds worst{};
  for (const RepetitionResult& repetition : result.repetitions) {
    warmup_lost += repetition.warmup_lost;
    backwards += repetition.clock_backwards;
    worst = std::min(worst, repetition.worst_backwards);
  }
  if (warmup_lost > 0 && result.lossless) {
    faults.push_back(fmt::format("{} messages of the warm-up were lost", warmup_lost));
  }
  // Clocks of two cores agree to some tens of nanoseconds; beyond that no one-way time is true, nor
  // where more than a stray message seems to have come before it was sent.
  if (worst < -std::chrono::microseconds(1) || backwards * 1000 > counts.received) {
    faults.push_back(
        fmt::format("{} messages arrived up to {} before they were sent: the cores' "
                    "clocks disagree",
                    backwards, format_duration(-worst)));
  }
  for (const RepetitionResult& repetition : result.repetitions) {
    if (!repetition.nats) continue;
    const bool on_purpose = result.scenario.fault.has_value();
    const std::vector<std::string> found = find_nats_faults(*repetition.nats, on_purpose);
    faults.insert(faults.end(), found.begin(), found.end());
    if (!found.empty()) break;
  }
  for (const std::uint32_t i : summary.used) {
    const double skew = std::max(clock_skew_ns(result.repetitions[i].before),
                                 clock_skew_ns(result.repetitions[i].after));
    if (skew <= kToleratedSkewNs) continue;
    faults.push_back(
        fmt::format("the clocks of the cores in use differed by at least {:.0f} ns", skew));
    break;
  }
  return faults;
}

std::vector<std::string> find_nats_faults(const NatsReport& report, bool on_purpose) {
  std::vector<std::string> faults;
  for (const NatsEndpointReport& endpoint : report.endpoints) {
    if (on_purpose) {
      // Ends and errors are what is measured.
    } else if (endpoint.ended) {
      faults.push_back(fmt::format("nats-server and {}: it {}", endpoint.role, endpoint.end));
    } else if (endpoint.counters.errors != 0) {
      faults.push_back(fmt::format("nats-server refused {}: it {}", endpoint.role, endpoint.end));
    }
    if (endpoint.foreign != 0) {
      faults.push_back(
          fmt::format("{} received {} messages that are not of this run: somebody else publishes "
                      "to its subjects",
                      endpoint.role, endpoint.foreign));
    }
  }
  if (!report.library) return faults;
  for (const NatsLibraryConnection& connection : report.library->connections) {
    if (connection.closed && !on_purpose) {
      faults.push_back(fmt::format("{} gave up the connection of {}{}", report.library->library,
                                   connection.role,
                                   connection.error.empty() ? "" : ": " + connection.error));
    }
    if (connection.foreign != 0) {
      faults.push_back(
          fmt::format("{} received {} messages that are not of this run: somebody else publishes "
                      "to its subjects",
                      connection.role, connection.foreign));
    }
  }
  return faults;
}

std::string BudgetVerdict::text() const {
  return message_class.empty() ? budget.text : message_class + ": " + budget.text;
}

ScenarioVerdict judge(const ScenarioResult& result, const ScenarioSummary& summary) {
  ScenarioVerdict verdict;
  if (!result.skipped.empty()) {
    verdict.verdict = Verdict::skip;
    verdict.reasons.push_back(result.skipped);
    return verdict;
  }
  verdict.reasons = find_faults(result, summary);
  const RepetitionResult* const ended_early = called_off(result);
  const auto add = [&](BudgetVerdict judged) {
    if (ended_early != nullptr) judge_called_off(judged, *ended_early, result, summary);
    const Metric metric = judged.budget.metric;
    if (summary.part && ended_early == nullptr && is_latency(metric)) {
      judged.value.reset();
      judged.margin.reset();
    }
    if (!verdict.reasons.empty() && !is_memory(metric)) {
      judged.verdict = Verdict::invalid;
      judged.reason = "the figures cannot be trusted: " + verdict.reasons.front();
    } else if (judged.verdict == Verdict::fail && summary.only_disturbed &&
               (is_latency(metric) || is_cpu_overhead(metric) || metric == Metric::rate)) {
      judged.verdict = Verdict::invalid;
      judged.reason = "missed, but no repetition was undisturbed: " +
                      result.repetitions[summary.used.front()].disturbance;
    }
    verdict.verdict = std::max(verdict.verdict, judged.verdict);
    verdict.budgets.push_back(std::move(judged));
  };
  for (const Budget& budget : result.scenario.budget) add(judge(budget, summary));
  for (std::size_t i = 0; i < summary.classes.size(); ++i) {
    const ScenarioSummary own = alone(summary.classes[i], summary);
    for (const Budget& budget : result.scenario.mix[i].budget) {
      BudgetVerdict judged = judge(budget, own);
      judged.message_class = summary.classes[i].name;
      add(std::move(judged));
    }
  }
  if (!verdict.reasons.empty()) verdict.verdict = Verdict::invalid;
  return verdict;
}

std::optional<Verdict> verdict_of_class(const ScenarioVerdict& verdict, std::string_view name) {
  std::optional<Verdict> worst;
  for (const BudgetVerdict& budget : verdict.budgets) {
    if (budget.message_class == name) worst = std::max(worst, std::optional(budget.verdict));
  }
  return worst;
}

JudgedScenario judge(const ScenarioResult& result) {
  JudgedScenario judged{.result = &result, .summary = summarise(result), .verdict = {}};
  judged.verdict = judge(result, judged.summary);
  for (const RepetitionResult& repetition : result.repetitions) {
    judged.level_changes.push_back(level_changes(repetition));
  }
  return judged;
}

JudgedRun judge(const RunResult& result) {
  JudgedRun run{.result = &result, .scenarios = {}, .diagnosis = {}, .hints = {}};
  for (const ScenarioResult& scenario : result.scenarios) {
    run.scenarios.push_back(judge(scenario));
  }
  if (result.examination) run.diagnosis = diagnose(*result.examination, {});
  run.hints = find_hints(run);
  return run;
}

}  // namespace busmark

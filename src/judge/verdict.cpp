// SPDX-License-Identifier: Apache-2.0
#include "judge/verdict.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "aspect/early_end/verdict.hpp"
#include "aspect/fault/corruption.hpp"
#include "aspect/mix/summary.hpp"
#include "aspect/process/reading.hpp"
#include "judge/level_changes.hpp"
#include "record/run_result.hpp"

namespace busmark {
namespace {

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
      "{} were refused and {} dropped{}",
      format_rate({summary.intended_rate}), planned, summary.unsent, summary.overdue, refused,
      dropped,
      summary.backlog == 0
          ? ""
          : fmt::format("; the warm-up left over {} messages, which were sent first and count in "
                        "the rates",
                        summary.backlog));
}

}  // namespace

double missed_share(const ScenarioSummary& summary) noexcept {
  if (summary.intended_rate <= 0) return 0;
  const std::uint64_t given_up = (summary.counts.refused + summary.counts.dropped) / summary.copies;
  const std::uint64_t planned = summary.unsent + summary.counts.published / summary.copies;
  if (planned == 0) return 0;
  return static_cast<double>(summary.unsent + summary.overdue + given_up) /
         static_cast<double>(planned);
}

bool keeps_rate(const ScenarioSummary& summary) noexcept {
  return missed_share(summary) <= kRateTolerance &&
         std::none_of(summary.stages.begin(), summary.stages.end(), is_missed);
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
    const bool missing =
        repetition.counts.lost + repetition.pacing.unsent > 0 || repetition.response.total() == 0;
    const std::vector<std::string> found = find_nats_faults(*repetition.nats, on_purpose, missing);
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

std::vector<std::string> find_nats_faults(const NatsReport& report, bool on_purpose, bool missing) {
  std::vector<std::string> faults;
  for (const NatsEndpointReport& endpoint : report.endpoints) {
    if (on_purpose) {
      // Ends and errors are what is measured.
    } else if (endpoint.ended) {
      faults.push_back(fmt::format("nats-server and {}: it {}", endpoint.role, endpoint.end));
    } else if (endpoint.counters.errors != 0) {
      faults.push_back(fmt::format("nats-server refused {}: it {}", endpoint.role, endpoint.end));
    } else if (missing && endpoint.counters.full > 0) {
      faults.push_back(
          fmt::format("nats-server stopped reading from {}: {} sends found its socket full",
                      endpoint.role, endpoint.counters.full));
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
    } else if (missing && !on_purpose && !connection.error.empty() &&
               connection.slow_consumer_drops == 0) {
      // Drops of a slow consumer are counted, and judged by their number.
      const std::string what =
          connection.refusals == 0
              ? "was told of " + connection.role
              : fmt::format("refused {} calls of {}", connection.refusals, connection.role);
      faults.push_back(fmt::format("{} {}: {}", report.library->library, what, connection.error));
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
    if (ended_early != nullptr) judge_called_off(judged, *ended_early, result, summary, judge);
    const Metric metric = judged.budget.metric;
    if (summary.part && ended_early == nullptr && is_latency(metric)) {
      // Called off, but disturbed: what was certain then is none of the transport's.
      judged.verdict = Verdict::invalid;
      judged.reason = "it was called off, but no repetition was undisturbed: " +
                      result.repetitions[summary.used.front()].disturbance;
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
  JudgedRun run{.result = &result, .scenarios = {}};
  for (const ScenarioResult& scenario : result.scenarios) {
    run.scenarios.push_back(judge(scenario));
  }
  return run;
}

}  // namespace busmark

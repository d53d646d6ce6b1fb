// SPDX-License-Identifier: Apache-2.0
#include "judge/advice.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "record/limits.hpp"
#include "record/percentiles.hpp"
#include "record/shown.hpp"

namespace busmark {
namespace {

using Sentences = std::vector<std::string>;

std::vector<const StoredRepetition*> used(const StoredScenario& scenario) {
  std::vector<const StoredRepetition*> repetitions;
  for (const StoredRepetition& repetition : scenario.repetitions) {
    if (repetition.used) repetitions.push_back(&repetition);
  }
  return repetitions;
}

/// More than half of the p95 passed before the message left, or it is service that takes it.
void look_at_waiting(const StoredScenario& scenario, Sentences& found) {
  const auto response = value_of(scenario.response, kP95);
  const auto service = value_of(scenario.service, kP95);
  if (!scenario.open_loop() || !response || !service || response->count() == 0) return;
  if (*response == kNever) return;  // why it never came is told by the counts
  const auto waited = static_cast<double>((*response - *service).count());
  if (waited > WorthTelling::late_share * static_cast<double>(response->count()) &&
      *response > WorthTelling::late) {
    found.push_back(fmt::format(
        "{}: at p95 {} of {} passed before the message was sent: the producer could not keep its "
        "schedule, so look at its core and at what it waits for, not at the transport.",
        scenario.name, format_duration(*response - *service), format_duration(*response)));
  }
}

void look_at_tail(const StoredScenario& scenario, Sentences& found) {
  const auto middle = value_of(scenario.response, kP50);
  const auto tail = value_of(scenario.response, kP999);
  if (!scenario.open_loop() || !middle || !tail || middle->count() == 0) return;
  if (*tail == kNever) return;
  const double ratio = static_cast<double>(tail->count()) / static_cast<double>(middle->count());
  if (ratio < WorthTelling::long_tail) return;
  std::int64_t taken = 0;
  for (const StoredRepetition* repetition : used(scenario)) {
    taken += repetition->resources.producers.involuntary_switches +
             repetition->resources.consumers.involuntary_switches;
  }
  found.push_back(fmt::format(
      "{}: p99.9 is {:.0f} times p50{}.", scenario.name, ratio,
      taken > 0 ? fmt::format("; something else took the cores {} times: isolate them", taken)
                : "; no thread was switched out, so interrupts, the hypervisor or the transport "
                  "itself remain"));
}

void look_at_machine(const StoredScenario& scenario, Sentences& found) {
  double share = 1;
  double steal = 0;
  std::int64_t faults = 0;
  for (const StoredRepetition* repetition : used(scenario)) {
    const StoredResources& resources = repetition->resources;
    share = std::min(share, resources.core_share);
    steal = std::max(steal, resources.steal_share.value_or(0));
    faults += resources.producers.major_faults + resources.consumers.major_faults;
  }
  if (share < kLeastCoreShare && scenario.parameter("wait") == "spin" &&
      !scenario.placement.shared) {
    found.push_back(fmt::format("{}: a spinning thread had its core for only {:.1f} % of the time.",
                                scenario.name, share * 100));
  }
  if (steal > WorthTelling::taken_share) {
    found.push_back(fmt::format("{}: the hypervisor took up to {:.1f} % of the cores' time.",
                                scenario.name, steal * 100));
  }
  if (faults > 0) {
    found.push_back(fmt::format("{}: {} page faults went to the disk.", scenario.name, faults));
  }
}

void look_at_flow(const StoredScenario& scenario, Sentences& found) {
  const MessageCounts& counts = scenario.counts;
  if (counts.refused > 0 || counts.dropped > 0) {
    found.push_back(fmt::format(
        "{}: {} messages were refused and {} dropped: the queue was full, so the consumers are the "
        "bottleneck, or capacity is too small for the bursts.",
        scenario.name, counts.refused, counts.dropped));
  }
  if (scenario.rate.received < scenario.rate.achieved * WorthTelling::kept_up) {
    found.push_back(fmt::format("{}: {} were received of {} sent: the consumers lag behind.",
                                scenario.name, format_rate({scenario.rate.received}),
                                format_rate({scenario.rate.achieved})));
  }
}

void look_at_spread(const StoredScenario& scenario, Sentences& found) {
  std::optional<Nanoseconds> low;
  std::optional<Nanoseconds> high;
  for (const StoredRepetition* repetition : used(scenario)) {
    const auto value = repetition->response.find(kP95);
    if (!value) continue;
    low = low ? std::min(*low, *value) : *value;
    high = high ? std::max(*high, *value) : *value;
  }
  if (!low || low->count() == 0) return;
  const double ratio = static_cast<double>(high->count()) / static_cast<double>(low->count());
  if (ratio < WorthTelling::unsteady) return;
  found.push_back(
      fmt::format("{}: p95 differs between repetitions from {} to {}: the machine or "
                  "the transport has more than one state.",
                  scenario.name, format_duration(*low), format_duration(*high)));
}

std::size_t disturbed(const StoredRun& run) {
  std::size_t count = 0;
  for (const StoredScenario& scenario : run.scenarios) {
    for (const StoredRepetition& repetition : scenario.repetitions) {
      count += repetition.disturbed ? 1U : 0U;
    }
  }
  return count;
}

void advise_on_verdicts(const StoredRun& run, Sentences& steps) {
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.verdict == Verdict::invalid) {
      steps.push_back(fmt::format(
          "Make {} valid first: {}.", scenario.name,
          scenario.reasons.empty() ? "a budget could not be judged" : scenario.reasons.front()));
    } else if (scenario.verdict == Verdict::skip && !scenario.reasons.empty()) {
      steps.push_back(fmt::format("{} did not run: {}.", scenario.name, scenario.reasons.front()));
    }
    for (const StoredBudget& budget : scenario.budgets) {
      if (budget.verdict == Verdict::fail) {
        steps.push_back(fmt::format("Bring {} under its budget {}, now {}, or change the budget.",
                                    scenario.name, budget.shown(), budget_value(budget)));
      } else if (budget.verdict == Verdict::inconclusive) {
        steps.push_back(
            fmt::format("Decide {} of {} with more repetitions or a longer duration: "
                        "{}.",
                        budget.shown(), scenario.name, budget.reason));
      } else if (budget.verdict == Verdict::warn) {
        steps.push_back(
            fmt::format("Watch {} of {}: {}.", budget.shown(), scenario.name, budget.reason));
      }
    }
  }
}

}  // namespace

std::vector<std::string> find_bottlenecks(const StoredRun& run) {
  Sentences found;
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.verdict == Verdict::skip) continue;
    look_at_waiting(scenario, found);
    look_at_tail(scenario, found);
    look_at_machine(scenario, found);
    look_at_flow(scenario, found);
    look_at_spread(scenario, found);
  }
  for (const std::string& hint : run.hints) found.push_back(hint + ".");
  return found;
}

std::vector<std::string> find_next_steps(const StoredRun& run) {
  Sentences steps;
  const BuildInfo& build = run.environment.machine.build;
  if (!build.optimised || build.sanitized) {
    steps.emplace_back(
        "Build without sanitizers and with optimisation; these figures mean "
        "nothing.");
  }
  advise_on_verdicts(run, steps);
  if (const std::size_t count = disturbed(run); count > 0) {
    steps.push_back(fmt::format("Quieten the machine: {} repetition{} disturbed.", count,
                                count == 1 ? " was" : "s were"));
  }
  if (run.quick) steps.emplace_back("Measure without --quick before you decide anything on this.");
  const bool all_pass = count_of(run, Verdict::pass) == run.scenarios.size();
  if (all_pass && !run.scenarios.empty()) {
    steps.emplace_back(
        "All budgets are met: keep this result with busmark baseline save NAME --add. Five runs "
        "make a "
        "baseline by which a single run can be judged.");
  }
  return steps;
}

}  // namespace busmark

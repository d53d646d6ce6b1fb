// SPDX-License-Identifier: Apache-2.0
#include "verb/doctor/judge.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "base/quote.hpp"
#include "verb/doctor/check.hpp"

namespace busmark {
namespace {

struct Group {
  std::string_view name;
  std::span<const Check> (*checks)() noexcept;
};

constexpr std::array kGroups{
    Group{"clock", clock_checks},         Group{"power", power_checks},
    Group{"idle", idle_checks},           Group{"cores", core_checks},
    Group{"container", container_checks}, Group{"interrupts", interrupt_checks},
    Group{"kernel", kernel_checks},       Group{"scheduler", scheduler_checks},
    Group{"memory", memory_checks},       Group{"machine", machine_checks},
};

/// Kernel files name devices and programs, and a recorded tree may hold anything: a terminal must
/// obey none of it.
std::string printable(const std::string& text, std::size_t limit) {
  const std::string quoted = in_quotes(text, limit);
  return quoted.substr(1, quoted.size() - 2);
}

Finding finding_of(std::string_view group, const Check& check, const Examination& machine) {
  constexpr std::size_t kLongestText = 400;
  constexpr std::size_t kLongestCommand = 2000;
  Outcome outcome = check.judge(machine);
  Finding finding;
  finding.id = check.id;
  finding.group = group;
  finding.level = outcome.level;
  finding.severity = check.severity;
  finding.found = printable(outcome.found, kLongestText);
  finding.wanted = check.wanted;
  finding.why = check.why;
  finding.reason = printable(outcome.reason, kLongestText);
  finding.delay = outcome.delay;
  for (const auto& line : outcome.cure.fix) finding.fix.push_back(printable(line, kLongestCommand));
  for (const auto& line : outcome.cure.undo) {
    finding.undo.push_back(printable(line, kLongestCommand));
  }
  return finding;
}

int weight(FindingLevel level) noexcept {
  constexpr int kFail = 10;
  constexpr int kWarn = 3;
  if (level == FindingLevel::fail) return kFail;
  return level == FindingLevel::warn ? kWarn : 0;
}

std::optional<int> score_of(const std::vector<Finding>& findings) {
  int possible = 0;
  int lost = 0;
  for (const Finding& finding : findings) {
    if (finding.level == FindingLevel::unknown) continue;
    possible += weight(finding.severity);
    lost += weight(finding.level);
  }
  if (possible == 0) return std::nullopt;
  return 100 * (possible - std::min(lost, possible)) / possible;
}

/// Whether delays of this size that meet this share of the messages break the budget.
bool breaks(const Budget& budget, double size_ns, double share) noexcept {
  switch (budget.metric) {
    case Metric::latency_percentile:
      return size_ns > budget.limit && share > 1 - budget.percentile.percent() / 100;
    case Metric::latency_mean: return size_ns * share > budget.limit;
    case Metric::latency_max: return size_ns > budget.limit && share > 0;
    default: return false;
  }
}

/// What the measured cores leave of the budget; the worst core decides.
BudgetFitness held_against_floor(const Budget& budget, const Measurements& measured) {
  BudgetFitness fitness{budget, true, "no chosen core could be probed"};
  const Nanoseconds limit(static_cast<std::int64_t>(budget.limit));
  double worst = -1;
  for (const SpinProbe& probe : measured.cores) {
    if (!probe.problem.empty()) continue;
    const bool mean = budget.metric == Metric::latency_mean;
    const double value = mean ? mean_delay_ns(probe)
                         : budget.metric == Metric::latency_max
                             ? static_cast<double>(longest_gap(probe).count())
                             : share_delayed(probe, limit);
    if (value <= worst) continue;
    worst = value;
    if (budget.metric == Metric::latency_percentile) {
      const double allowed = 1 - budget.percentile.percent() / 100;
      fitness.fit = value <= allowed;
      fitness.reason = fmt::format(
          "a message finds cpu {} away for longer in {:.3g} % of the cases, {:.3g} % may",
          index(probe.cpu), value * 100, allowed * 100);
    } else {
      const Nanoseconds time(static_cast<std::int64_t>(value));
      fitness.fit = value <= budget.limit;
      fitness.reason = mean ? fmt::format("a message finds cpu {} away for {} on average",
                                          index(probe.cpu), format_duration(time))
                            : fmt::format("cpu {} was away for {} at worst", index(probe.cpu),
                                          format_duration(time));
    }
  }
  return fitness;
}

BudgetFitness fitness_of(const Budget& budget, const Examination& machine,
                         const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (!finding.delay) continue;
    const auto size = static_cast<double>(finding.delay->size.count());
    if (!breaks(budget, size, finding.delay->share)) continue;
    return {budget, false,
            fmt::format("{} delays {:.3g} % of the messages by {}", finding.id,
                        finding.delay->share * 100, format_duration(finding.delay->size))};
  }
  if (!machine.measured) return {budget, true, "nothing that was read speaks against it"};
  return held_against_floor(budget, *machine.measured);
}

}  // namespace

Diagnosis diagnose(const Examination& examination, std::span<const Budget> budgets) {
  Diagnosis diagnosis;
  for (const Group& group : kGroups) {
    for (const Check& check : group.checks()) {
      diagnosis.findings.push_back(finding_of(group.name, check, examination));
    }
  }
  diagnosis.score = score_of(diagnosis.findings);
  for (const Budget& budget : budgets) {
    if (!is_latency(budget.metric)) continue;
    diagnosis.budgets.push_back(fitness_of(budget, examination, diagnosis.findings));
  }
  return diagnosis;
}

std::span<const std::string_view> doctor_groups() noexcept {
  static constexpr auto kNames = [] {
    std::array<std::string_view, kGroups.size()> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = kGroups[i].name;
    return names;
  }();
  return kNames;
}

}  // namespace busmark

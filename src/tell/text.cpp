// SPDX-License-Identifier: Apache-2.0
#include "tell/text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/core.h>
#include <fmt/format.h>

#include "aspect/early_end/tell.hpp"
#include "aspect/fault/tell.hpp"
#include "aspect/floor/tell.hpp"
#include "aspect/mix/tell.hpp"
#include "aspect/payload/tell.hpp"
#include "aspect/process/tell.hpp"
#include "aspect/stages/tell.hpp"
#include "aspect/tail/tell.hpp"
#include "base/table.hpp"
#include "record/percentiles.hpp"
#include "record/run_result.hpp"

namespace busmark {
namespace {

TextTable::Decoration decoration(Verdict verdict, bool color) {
  if (!color) return {};
  constexpr const char* kReset = "\x1b[0m";
  switch (verdict) {
    case Verdict::pass: return {"\x1b[32m", kReset};
    case Verdict::warn:
    case Verdict::inconclusive: return {"\x1b[33m", kReset};
    case Verdict::fail: return {"\x1b[31m", kReset};
    case Verdict::invalid: return {"\x1b[35m", kReset};
    case Verdict::skip: return {"\x1b[36m", kReset};
  }
  return {};
}

/// With a `*` where it cannot be told from the machine's own floor.
std::string percentile_cell(const ScenarioSummary& summary, Percentile percentile) {
  const PercentileEstimate* estimate = summary.response.find(percentile);
  if (estimate == nullptr || !estimate->supported) return std::string(kWithheld);
  const FloorPercentile* floor = summary.floor ? summary.floor->find(percentile) : nullptr;
  return format_duration(estimate->value) + (floor != nullptr && floor->machine ? "*" : "");
}

/// The highest floors of neighbouring scenarios that ran on the same cores, as a row of the table.
class FloorRow {
 public:
  /// Whether this scenario's floor belongs into the row.
  [[nodiscard]] bool covers(const JudgedScenario& judged) const {
    return cpus_ == judged.result->placement.cpus;
  }

  void add(const JudgedScenario& judged) {
    if (!judged.summary.floor) return;
    cpus_ = judged.result->placement.cpus;
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      if (const FloorPercentile* floor = judged.summary.floor->find(kColumns[i])) {
        highest_[i] = std::max(highest_[i], floor->value);
      }
    }
    highest_.back() = std::max(highest_.back(), judged.summary.floor->max);
  }

  /// Adds the row, unless there is nothing to tell, and begins anew.
  void end(TextTable& table) {
    if (!cpus_.empty()) {
      std::vector<std::string> cells{"  machine floor", ""};
      for (const Nanoseconds value : highest_) cells.push_back(format_duration(value));
      cells.insert(cells.end(), {"", "", ""});
      table.add(std::move(cells));
    }
    *this = {};
  }

  static constexpr std::array kColumns{kP50, kP95, kP99, kP999};

 private:
  std::vector<CpuId> cpus_;
  std::array<Nanoseconds, kColumns.size() + 1> highest_{};
};

std::string table(const JudgedRun& run, bool color) {
  TextTable table({{"scenario", Align::left},
                   {"load"},
                   {"p50"},
                   {"p95"},
                   {"p99"},
                   {"p99.9"},
                   {"max"},
                   {"rate"},
                   {"lost"},
                   {"verdict", Align::left}});
  FloorRow floor;
  for (const JudgedScenario& judged : run.scenarios) {
    if (!floor.covers(judged)) floor.end(table);
    floor.add(judged);
    const ScenarioSummary& summary = judged.summary;
    const LatencySummary& latency = summary.response;
    const bool empty = judged.result->repetitions.empty();
    const bool no_sample = latency.count == 0;
    std::vector<std::string> cells{judged.result->scenario.name,
                                   load_cell(judged.result->scenario)};
    for (const Percentile percentile : FloorRow::kColumns) {
      cells.push_back(percentile_cell(summary, percentile));
    }
    cells.push_back(no_sample ? std::string(kWithheld) : format_duration(latency.max));
    cells.push_back(empty ? std::string(kWithheld) : format_rate({summary.achieved_rate}));
    cells.push_back(empty ? std::string(kWithheld) : fmt::format("{}", summary.all_counts.lost));
    cells.emplace_back(to_string(judged.verdict.verdict));
    table.add(std::move(cells), decoration(judged.verdict.verdict, color));
  }
  floor.end(table);
  return table.text();
}

bool any_of_the_machine(const JudgedRun& run) {
  return std::any_of(run.scenarios.begin(), run.scenarios.end(), [](const JudgedScenario& judged) {
    return judged.summary.floor && std::any_of(judged.summary.floor->percentiles.begin(),
                                               judged.summary.floor->percentiles.end(),
                                               [](const auto& p) { return p.machine; });
  });
}

/// `p95 < 5ms: 6.2ms, missed by 24 % of the limit`.
std::string budget_line(const BudgetVerdict& budget) {
  if (!budget.value) return fmt::format("{}: {}", budget.text(), budget.reason);
  return fmt::format("{}: {}, {}", budget.text(), format_value(budget.budget.metric, *budget.value),
                     budget.reason);
}

/// Every verdict that is not a plain pass, with its reason.
std::string explanations(const JudgedRun& run) {
  std::string text;
  for (const JudgedScenario& judged : run.scenarios) {
    const std::string& name = judged.result->scenario.name;
    for (const std::string& reason : judged.verdict.reasons) {
      text += fmt::format("{:<14}{}: {}\n", to_string(judged.verdict.verdict), name, reason);
    }
    if (!judged.verdict.reasons.empty()) continue;  // they explain every budget
    for (const BudgetVerdict& budget : judged.verdict.budgets) {
      if (budget.verdict == Verdict::pass) continue;
      text += fmt::format("{:<14}{}: {}\n", to_string(budget.verdict), name, budget_line(budget));
    }
  }
  return text;
}

std::string counted(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

/// `3 consumers, p50 79us to 82us (1.04 times), each 300 messages`.
std::string ends_text(const std::vector<const ReceiverSummary*>& ends,
                      const ReceiversSummary& receivers) {
  const auto [low, high] = std::minmax_element(
      ends.begin(), ends.end(), [](const auto* a, const auto* b) { return a->p50 < b->p50; });
  std::string text = counted(ends.size(), ends.front()->role);
  if (receivers.spread) {
    text += fmt::format(", p50 {} to {} ({:.3g} times)", format_duration(*(*low)->p50),
                        format_duration(*(*high)->p50), *receivers.spread);
  }
  const auto [least, most] =
      std::minmax_element(ends.begin(), ends.end(),
                          [](const auto* a, const auto* b) { return a->received < b->received; });
  text += (*least)->received == (*most)->received
              ? fmt::format(", {} messages each", (*least)->received)
              : fmt::format(", {} to {} messages each", (*least)->received, (*most)->received);
  if (receivers.fairness && *receivers.fairness < 0.9995) {
    text += fmt::format(", fairness {:.3f}", *receivers.fairness);
  }
  return text;
}

/// `3 stages, p50 1.2us, 2.4us, 3.7us`.
std::string stages_text(const ReceiversSummary& receivers) {
  std::string text = counted(receivers.each.size(), "stage") + ", p50";
  for (const ReceiverSummary& stage : receivers.each) {
    text += fmt::format("{} {}", &stage == &receivers.each.front() ? "" : ",",
                        stage.p50 ? format_duration(*stage.p50) : std::string(kWithheld));
  }
  return text;
}

/// What was dropped or refused, a line for each scenario in which something was.
std::string dropped_text(const JudgedRun& run) {
  std::string text;
  for (const JudgedScenario& judged : run.scenarios) {
    const MessageCounts& counts = judged.summary.all_counts;
    if (counts.dropped + counts.refused == 0) continue;
    text += fmt::format(
        "{:<14}{}: {} dropped and {} refused of {}; percentiles count them as never\n", "dropped",
        judged.result->scenario.name, counts.dropped, counts.refused, counts.published);
  }
  return text;
}

/// What a closed loop is, and a line for each scenario with users.
std::string users_text(const JudgedRun& run) {
  std::string lines;
  for (const JudgedScenario& judged : run.scenarios) {
    if (!judged.summary.users) continue;
    const UsersSummary& users = *judged.summary.users;
    const auto mean = [](double ns) {
      return format_duration(Nanoseconds(static_cast<std::int64_t>(ns)));
    };
    lines += fmt::format("{:<14}{}: {} x (answer {} + thought {} + held up {}) = {:.4g} of {}\n",
                         "closed loop", judged.result->scenario.name,
                         format_rate({users.turns_per_second}), mean(users.answer_mean_ns),
                         mean(users.thought_mean_ns), mean(users.held_up_mean_ns),
                         users.found_by_littles_law, load_of(judged.result->scenario));
  }
  if (lines.empty()) return "";
  return "Load \"users\": closed loop. Latency counts from the request, the rate is an outcome, "
         "and "
         "a user\nwho waits sends nothing, so stalls hide (coordinated omission).\n\n" +
         lines;
}

/// What several receivers of one scenario saw, a line for each scenario.
std::string receivers_text(const JudgedRun& run) {
  std::string text;
  for (const JudgedScenario& judged : run.scenarios) {
    if (!judged.summary.receivers) continue;
    const ReceiversSummary& receivers = *judged.summary.receivers;
    const Scenario& scenario = judged.result->scenario;
    std::vector<const ReceiverSummary*> ends;
    for (const ReceiverSummary& one : receivers.each) {
      if (scenario.pattern != Pattern::request_reply || one.role == "requester") {
        ends.push_back(&one);
      }
    }
    if (ends.size() < 2) continue;
    text += fmt::format("{:<14}{}: {}\n", "receivers", scenario.name,
                        scenario.pattern == Pattern::pipeline ? stages_text(receivers)
                                                              : ends_text(ends, receivers));
  }
  return text;
}

/// `near 52-60ns (5), far 231ns (1)`: classes of all repetitions with their one-way times.
std::string witness_text(const JudgedRun& run) {
  struct Range {
    double low = 1e18;
    double high = 0;
    int repetitions = 0;
  };
  std::map<Distance, Range> classes;
  for (const JudgedScenario& judged : run.scenarios) {
    for (const RepetitionResult& repetition : judged.result->repetitions) {
      Range& range = classes[repetition.before.distance()];
      range.low = std::min({range.low, repetition.before.one_way_ns, repetition.after.one_way_ns});
      range.high =
          std::max({range.high, repetition.before.one_way_ns, repetition.after.one_way_ns});
      ++range.repetitions;
    }
  }
  std::string text;
  for (const auto& [distance, range] : classes) {
    if (!text.empty()) text += ", ";
    text +=
        fmt::format("{} {:.0f}-{:.0f} ns one way in {} repetition{}", to_string(distance),
                    range.low, range.high, range.repetitions, range.repetitions == 1 ? "" : "s");
  }
  return text;
}

std::string machine(const JudgedRun& run) {
  const RunResult& result = *run.result;
  const Environment& environment = result.environment;
  const ClockInfo& clock = result.clock;
  const auto row = [](std::string_view key, const std::string& value) {
    return value.empty() ? std::string() : fmt::format("{:<9}{}\n", key, value);
  };
  std::string text;
  text +=
      row("machine",
          fmt::format("{}, {} cpus, {}{}{}",
                      environment.cpu_model.empty() ? "unknown CPU" : environment.cpu_model,
                      environment.online_cpus, environment.kernel,
                      environment.virtual_machine.value_or(false) ? ", virtual machine" : "",
                      environment.governor.empty() ? "" : ", governor " + environment.governor));
  text +=
      row("clock",
          fmt::format("{} at {:.6g} MHz, read {:.3g} ns, receive stamp {:.3g} ns, step {:.3g} ns",
                      to_string(clock.source), clock.ticks_per_second / 1e6, clock.read_cost_ns,
                      clock.ordered_read_cost_ns, clock.resolution_ns));
  // std::set: scenarios of one shape share their cores; each placement is told once.
  std::set<std::string> placements;
  std::set<std::string> servers;
  std::set<std::string> libraries;
  for (const JudgedScenario& judged : run.scenarios) {
    if (judged.result->skipped.empty()) placements.insert(describe(judged.result->placement));
    for (const RepetitionResult& repetition : judged.result->repetitions) {
      if (!repetition.nats) continue;
      servers.insert(repetition.nats->server);
      if (repetition.nats->library) libraries.insert(repetition.nats->library->describe());
    }
  }
  for (const std::string& placement : placements) text += row("cores", placement);
  for (const std::string& server : servers) text += row("server", server);
  for (const std::string& library : libraries) text += row("library", library);
  text += row("witness", witness_text(run));
  text += row("build", fmt::format("busmark {}, {}, {}, {}", environment.build.version,
                                   environment.build.compiler, environment.build.flags,
                                   environment.build.allocator));
  return text;
}

/// Who measured, and how far their clocks can be told apart.
std::string agents_text(const RunResult& result) {
  std::string text;
  Nanoseconds worst{};
  for (const AgentReport& agent : result.agents) {
    worst = std::max(worst, agent.clock_bound);
    const Nanoseconds offset = agent.clock_offset;
    text += fmt::format("{:<9}{} on {}, {}: {} of {} received, clock {}{} within {}{}{}\n", "agent",
                        agent.name, agent.host, agent.server, agent.received, agent.published,
                        offset.count() < 0 ? "-" : "+", format_duration(std::chrono::abs(offset)),
                        format_duration(agent.clock_bound),
                        agent.fault.empty() ? "" : "; failed: ", agent.fault);
  }
  if (text.empty()) return text;
  text += fmt::format(
      "{:<9}each latency is by the clock of one agent, which sends and receives its own messages;\n"
      "{:<9}for the common start their clocks were known within {}\n",
      "clocks", "", format_duration(worst));
  return text;
}

}  // namespace

std::string tally(const JudgedRun& run) {
  constexpr std::array<std::pair<Verdict, std::string_view>, 6> kWords{
      {{Verdict::pass, "passed"},
       {Verdict::warn, "warned"},
       {Verdict::inconclusive, "inconclusive"},
       {Verdict::fail, "failed"},
       {Verdict::invalid, "invalid"},
       {Verdict::skip, "skipped"}}};
  std::string text;
  for (const auto& [verdict, word] : kWords) {
    const auto count =
        std::count_if(run.scenarios.begin(), run.scenarios.end(),
                      [&, v = verdict](const auto& s) { return s.verdict.verdict == v; });
    if (count == 0 && verdict != Verdict::pass) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
  }
  return text;
}

std::string write_text_report(const JudgedRun& run, bool color) {
  const RunResult& result = *run.result;
  std::string text = table(run, color);
  const bool saturated = std::any_of(run.scenarios.begin(), run.scenarios.end(), [](const auto& s) {
    return !s.result->scenario.load.open_loop() && !s.result->operation &&
           s.result->scenario.users == 0;
  });
  text += "\nLatency is response time: from the moment a message was due until it was received.\n";
  if (std::any_of(run.scenarios.begin(), run.scenarios.end(),
                  [](const auto& s) { return s.result->operation; })) {
    text += "Of op/...: the time of one operation, or of `batch` of them together.\n";
  }
  if (any_of_the_machine(run)) {
    text += "*: cannot be told from the machine floor, which these cores show without any bus.\n";
  }
  if (saturated)
    text += "Load \"max\": queueing under saturation, not the latency of the transport.\n";
  text += users_text(run);
  if (const std::string reasons = explanations(run); !reasons.empty()) text += "\n" + reasons;
  for (const auto part_of :
       {stopping_text, called_off_text, warmups_text, dropped_text, load_stages_text, classes_text,
        payload_costs_text, faults_text, slow_text, cpu_text, receivers_text}) {
    if (const std::string part = part_of(run); !part.empty()) text += "\n" + part;
  }
  text += "\n" + agents_text(result) + machine(run);
  for (const std::string& sentence : floor_during_sentences(run)) {
    text += fmt::format("{:<9}{}\n", "beside", sentence);
  }
  for (const std::string& hint : run.hints) text += fmt::format("{:<9}{}\n", "hint", hint);
  text += fmt::format("\n{}{}{} in {:.1f} s\n", result.options.quick ? "quick run: " : "",
                      tally(run), result.interrupted ? ", interrupted" : "",
                      std::chrono::duration<double>(result.wall).count());
  return text;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "tell/text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/core.h>
#include <fmt/format.h>

#include "busmark/base/clock.hpp"

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
#include "record/shown.hpp"
#include "record/store/plain.hpp"
#include "tell/columns.hpp"
#include "tell/form_writers.hpp"
#include "tell/plugins.hpp"
#include "tell/turns.hpp"

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

/// The highest floors of neighbouring scenarios that ran on the same cores, as a row of the table.
class FloorRow {
 public:
  /// Whether this scenario's floor belongs into the row.
  [[nodiscard]] bool covers(const StoredScenario& scenario) const {
    return cpus_ == scenario.placement.cpus;
  }

  void add(const StoredScenario& scenario) {
    if (!scenario.floor) return;
    cpus_ = scenario.placement.cpus;
    highest_.resize(scenario_columns().size());
    for (std::size_t i = 0; i < highest_.size(); ++i) {
      highest_[i] = std::max(highest_[i], floor_of(scenario_columns()[i], *scenario.floor));
    }
  }

  /// Adds the row, unless there is nothing to tell, and begins anew.
  void end(TextTable& table) {
    if (!cpus_.empty()) {
      std::vector<std::string> cells;
      for (const auto& value : highest_) cells.push_back(value ? format_duration(*value) : "");
      cells.front() = "  machine floor";
      table.add(std::move(cells));
    }
    *this = {};
  }

 private:
  std::vector<int> cpus_;
  std::vector<std::optional<Nanoseconds>> highest_;
};

std::string table(const StoredRun& run, bool color) {
  std::vector<TextTable::Column> titles;
  for (const ScenarioColumn& column : scenario_columns()) {
    titles.push_back({std::string(column.title), column.words() ? Align::left : Align::right});
  }
  TextTable table(std::move(titles));
  FloorRow floor;
  for (const StoredScenario& scenario : run.scenarios) {
    if (!floor.covers(scenario)) floor.end(table);
    floor.add(scenario);
    std::vector<std::string> cells;
    for (const ScenarioColumn& column : scenario_columns()) {
      cells.push_back(marked_cell(column, scenario));
    }
    table.add(std::move(cells), decoration(scenario.verdict, color));
  }
  floor.end(table);
  return table.text();
}

bool of_the_machine(const StoredScenario& scenario) {
  return scenario.floor &&
         std::any_of(scenario.floor->percentiles.begin(), scenario.floor->percentiles.end(),
                     [](const FloorPercentile& one) { return one.machine; });
}

/// `p95 < 5ms: 6.2ms, missed by 24 % of the limit`.
std::string budget_line(const StoredBudget& budget) {
  if (!budget.value && !budget.never) return fmt::format("{}: {}", budget.shown(), budget.reason);
  return fmt::format("{}: {}, {}", budget.shown(), budget_value(budget), budget.reason);
}

/// Every verdict that is not a plain pass, with its reason.
std::string explanations(const StoredRun& run) {
  std::string text;
  for (const StoredScenario& scenario : run.scenarios) {
    for (const std::string& reason : scenario.reasons) {
      text += fmt::format("{:<14}{}: {}\n", to_string(scenario.verdict), scenario.name, reason);
    }
    if (!scenario.reasons.empty()) continue;  // they explain every budget
    for (const StoredBudget& budget : scenario.budgets) {
      if (budget.verdict == Verdict::pass) continue;
      text += fmt::format("{:<14}{}: {}\n", to_string(budget.verdict), scenario.name,
                          budget_line(budget));
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
std::string dropped_text(const StoredRun& run) {
  std::string text;
  for (const StoredScenario& scenario : run.scenarios) {
    const MessageCounts counts = scenario.all_counts();
    if (counts.dropped + counts.refused == 0) continue;
    text +=
        fmt::format("{:<14}{}: {} dropped and {} refused of {}; percentiles count them as never\n",
                    "dropped", scenario.name, counts.dropped, counts.refused, counts.published);
  }
  return text;
}

/// What a closed loop is, and a line for each scenario with users.
std::string users_text(const StoredRun& run) {
  std::string lines;
  for (const StoredScenario& scenario : run.scenarios) {
    if (!scenario.users) continue;
    const UsersSummary& users = *scenario.users;
    const auto mean = [](double ns) {
      return format_duration(Nanoseconds(static_cast<std::int64_t>(ns)));
    };
    lines += fmt::format("{:<14}{}: {} x (answer {} + thought {} + held up {}) = {:.4g} of {}\n",
                         "closed loop", scenario.name, format_rate({users.turns_per_second}),
                         mean(users.answer_mean_ns), mean(users.thought_mean_ns),
                         mean(users.held_up_mean_ns), users.found_by_littles_law,
                         scenario.parameter("load"));
  }
  if (lines.empty()) return "";
  return "Load \"users\": closed loop. Latency counts from the request, the rate is an outcome, "
         "and "
         "a user\nwho waits sends nothing, so stalls hide (coordinated omission).\n\n" +
         lines;
}

/// What several receivers of one scenario saw, a line for each scenario.
std::string receivers_text(const StoredRun& run) {
  std::string text;
  for (const StoredScenario& scenario : run.scenarios) {
    if (!scenario.receivers) continue;
    const ReceiversSummary& receivers = *scenario.receivers;
    const std::string pattern = scenario.parameter("pattern");
    const bool answered = pattern == to_string(Pattern::request_reply);
    std::vector<const ReceiverSummary*> ends;
    for (const ReceiverSummary& one : receivers.each) {
      if (!answered || one.role == "requester") ends.push_back(&one);
    }
    if (ends.size() < 2) continue;
    text += fmt::format("{:<14}{}: {}\n", "receivers", scenario.name,
                        pattern == to_string(Pattern::pipeline) ? stages_text(receivers)
                                                                : ends_text(ends, receivers));
  }
  return text;
}

/// `near 52-60ns (5), far 231ns (1)`: classes of all repetitions with their one-way times.
std::string witness_text(const StoredRun& run) {
  struct Range {
    double low = 1e18;
    double high = 0;
    int repetitions = 0;
  };
  std::map<Distance, Range> classes;
  for (const StoredScenario& scenario : run.scenarios) {
    for (const StoredRepetition& repetition : scenario.repetitions) {
      Range& range = classes[repetition.before.distance];
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

std::string machine(const StoredRun& run) {
  const Environment& environment = run.environment.machine;
  const StoredEnvironment& clock = run.environment;
  const auto ns = [](const std::optional<double>& figure) {
    return figure ? fmt::format("{:.3g}", *figure) : std::string(kWithheld);
  };
  const std::string mhz = clock.ticks_per_second
                              ? fmt::format("{:.6g}", *clock.ticks_per_second / 1e6)
                              : std::string(kWithheld);
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
  const bool is_system = clock.clock_source == to_string(ClockSource::clock_gettime);
  const bool why = is_system && !clock.clock_reason.empty();
  text += row("clock", fmt::format("{} at {} MHz, read {} ns, receive stamp {} ns, step {} ns{}{}",
                                   clock.clock_source, mhz, ns(clock.read_cost_ns),
                                   ns(clock.ordered_read_cost_ns), ns(clock.resolution_ns),
                                   why ? "; " : "", why ? clock.clock_reason : ""));
  // std::set: scenarios of one shape share their cores; each placement is told once.
  std::set<std::string> placements;
  std::set<std::string> servers;
  std::set<std::string> libraries;
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.verdict != Verdict::skip) placements.insert(scenario.placement.description);
    for (const StoredRepetition& repetition : scenario.repetitions) {
      if (!repetition.nats) continue;
      servers.insert(repetition.nats->server);
      if (repetition.nats->library) libraries.insert(repetition.nats->library->describe());
    }
  }
  for (const std::string& placement : placements) text += row("cores", placement);
  for (const std::string& server : servers) text += row("server", server);
  for (const std::string& library : libraries) text += row("library", library);
  for (const auto& [what, which] : plugin_facts(run)) text += row(what, which);
  text += row("witness", witness_text(run));
  text += row("build", fmt::format("busmark {}, {}, {}, {}", environment.build.version,
                                   environment.build.compiler, environment.build.flags,
                                   environment.build.allocator));
  return text;
}

/// Who measured, and how far their clocks can be told apart.
std::string agents_text(const StoredRun& run) {
  if (!run.agents) return "";
  std::string text;
  Nanoseconds worst{};
  for (const AgentReport& agent : *run.agents) {
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

std::string write_text_report(const StoredRun& any_run, bool color) {
  StoredRun run = any_run;
  make_plain(run);
  const auto any = [&](auto condition) {
    return std::any_of(run.scenarios.begin(), run.scenarios.end(), condition);
  };
  std::string text = table(run, color);
  text += "\nLatency is response time: from the moment a message was due until it was received.\n";
  if (any([](const StoredScenario& one) { return one.operation; })) {
    text += "Of op/...: the time of one operation, or of `batch` of them together.\n";
  }
  if (any(of_the_machine)) {
    text += "*: cannot be told from the machine floor, which these cores show without any bus.\n";
  }
  if (any([](const StoredScenario& one) { return one.saturated(); })) {
    text += "Load \"max\": queueing under saturation, not the latency of the transport.\n";
  }
  text += users_text(run);
  if (const std::string reasons = explanations(run); !reasons.empty()) text += "\n" + reasons;
  for (const auto part_of :
       {stopping_text, called_off_text, warmups_text, dropped_text, load_stages_text, classes_text,
        payload_costs_text, faults_text, slow_text, cpu_text, receivers_text}) {
    if (const std::string part = part_of(run); !part.empty()) text += "\n" + part;
  }
  if (const std::string turns = turns_text(run); !turns.empty()) text += "\n" + turns;
  text += "\n" + agents_text(run) + machine(run);
  for (const std::string& sentence : floor_during_sentences(run)) {
    text += fmt::format("{:<9}{}\n", "beside", sentence);
  }
  if (run.resumed) text += fmt::format("{:<9}{}\n", "resumed", *run.resumed);
  if (run.incomplete) text += fmt::format("{:<9}{}\n", "cut", *run.incomplete);
  for (const std::string& hint : run.hints) text += fmt::format("{:<9}{}\n", "hint", hint);
  text += fmt::format("\n{}{}{} in {:.1f} s\n", run.quick ? "quick run: " : "", tally(run),
                      run.interrupted ? ", interrupted" : "",
                      std::chrono::duration<double>(run.wall).count());
  return text;
}

std::vector<FormFile> write_text(const StoredRun& run) {
  return {{"", write_text_report(run, false)}};
}

}  // namespace busmark

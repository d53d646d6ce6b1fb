// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <fmt/core.h>

#include "aspect/mix/mix.hpp"
#include "base/table.hpp"
#include "cli/config_options.hpp"
#include "cli/console.hpp"
#include "cli/until_decided.hpp"
#include "engine/load_curve.hpp"
#include "engine/registry.hpp"
#include "engine/runner.hpp"
#include "plan/plan.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

/// When which stage of a load begins, and what it asks for.
std::string stages_text(const RunPlan& plan) {
  TextTable table({{"scenario", Align::left},
                   {"stage", Align::left},
                   {"from"},
                   {"for"},
                   {"rate"},
                   {"messages"}});
  bool any = false;
  for (const PlannedScenario& planned : plan.scenarios) {
    for (const LoadStage& stage : load_stages(planned.scenario)) {
      any = true;
      const std::string rate = stage.from == stage.to || stage.period.count() > 0
                                   ? format_rate({stage.rate()})
                                   : format_rate({stage.from}) + " to " + format_rate({stage.to});
      table.add({planned.scenario.name, stage.name, format_duration(stage.begin),
                 format_duration(stage.length), rate, fmt::format("{:.0f}", stage.messages())});
    }
  }
  return any ? "\n" + table.text() : "";
}

/// What the classes of a mix ask for.
std::string classes_text(const RunPlan& plan) {
  TextTable table({{"scenario", Align::left},
                   {"class", Align::left},
                   {"share"},
                   {"rate"},
                   {"payload"},
                   {"work"}});
  bool any = false;
  for (const PlannedScenario& planned : plan.scenarios) {
    const Scenario& scenario = planned.scenario;
    const std::vector<double> shares = class_shares(scenario.mix);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      any = true;
      const MessageClass& one = scenario.mix[i];
      table.add({scenario.name, one.name, fmt::format("{:.4g} %", shares[i] * 100),
                 format_rate({intended_rate(scenario) * shares[i]}),
                 format_size(payload_of(scenario, one)), format_duration(work_of(scenario, one))});
    }
  }
  return any ? "\n" + table.text() : "";
}

/// `about 9.6s`, and how much longer it may take while a budget is undecided.
std::string times_text(const RunPlan& plan) {
  const RunOptions& options = plan.options;
  std::string text =
      fmt::format("\n{} scenarios, {} repetitions each, about {}", plan.scenarios.size(),
                  options.repetitions, format_duration(plan.planned));
  const std::uint32_t most = most_repetitions(options);
  if (!options.until.decided || most == options.repetitions) return text;
  const Nanoseconds longest = plan.planned / options.repetitions * most;
  const bool timed = options.at_most.count() != 0 && options.at_most < longest;
  if (timed && options.at_most < plan.planned) return text + "; no more, by at_most";
  text +=
      fmt::format("; until {}: at most ", options.until.precise.empty() ? "each budget is decided"
                                                                        : to_string(options.until));
  return text +
         (timed ? format_duration(options.at_most) + " in all"
                : fmt::format("{} repetitions each, about {}", most, format_duration(longest)));
}

std::string undecidable_text(const RunPlan& plan) {
  std::string text;
  for (const std::string& one : what_cannot_be_judged(plan)) text += one + '\n';
  return text.empty() ? text : "\n" + text;
}

ExitCode plan_command(const ConfigOptions& options) {
  const RunPlan plan = make_plan(options.load(), read_topology());
  check_at_most(plan, options);
  TextTable table({{"scenario", Align::left},
                   {"transport", Align::left},
                   {"load"},
                   {"payload"},
                   {"threads"},
                   {"time"},
                   {"cores", Align::left}});
  for (const PlannedScenario& planned : plan.scenarios) {
    const Scenario& scenario = planned.scenario;
    table.add({scenario.name, scenario.transport, load_of(scenario),
               scenario.mix.empty() ? format_size(scenario.payload) : "mix",
               fmt::format("{}+{}", scenario.producers, scenario.consumers),
               format_duration(planned.planned),
               planned.skipped.empty() ? describe(planned.placement) : "SKIP: " + planned.skipped});
  }
  print(table.text() + stages_text(plan) + classes_text(plan) + undecidable_text(plan));
  print(times_text(plan) + "; nothing was run\n");
  return ExitCode::ok;
}

std::string limit(std::uint32_t threads) {
  return threads == 0 ? "any" : fmt::format("{}", threads);
}

ExitCode list_command() {
  TextTable table({{"transport", Align::left}, {"producers"}, {"consumers"}, {"", Align::left}});
  for (const TransportEntry& entry : all_transport_entries()) {
    const std::string reason = entry.why_unavailable({});
    table.add({std::string(entry.info.name), limit(entry.info.max_producers),
               limit(entry.info.max_consumers),
               reason.empty() ? std::string(entry.info.summary) : "unavailable: " + reason});
  }
  print(table.text());
  return ExitCode::ok;
}

}  // namespace

Verb plan_verb() {
  const auto options = std::make_shared<ConfigOptions>();
  return {.name = "plan",
          .about = "Show scenarios, cores and time of a config; run nothing",
          .arguments = options->arguments(),
          .run = [options] { return plan_command(*options); }};
}

Verb list_verb() { return {.name = "list", .about = "Show the transports", .run = list_command}; }

}  // namespace busmark

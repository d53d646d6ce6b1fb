// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "busmark/engine/runner.hpp"
#include "busmark/engine/transport_registry.hpp"
#include "busmark/report/text_table.hpp"
#include "busmark/workload/load_curve.hpp"

#include "commands.hpp"
#include "config_options.hpp"
#include "console.hpp"

namespace busmark {
namespace {

using Align = TextTable::Align;

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

ExitCode plan_command(const ConfigOptions& options) {
  const RunPlan plan = make_plan(options.load(), read_topology());
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
  print(table.text() + stages_text(plan) + classes_text(plan));
  print(fmt::format("\n{} scenarios, {} repetitions each, about {}; nothing was run\n",
                    plan.scenarios.size(), plan.options.repetitions,
                    format_duration(plan.planned)));
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

void add_plan_command(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("plan", "Show scenarios, cores and time of a config; run nothing");
  const auto options = std::make_shared<ConfigOptions>();
  options->add_to(*command);
  command->callback([options, &chosen] { chosen = [options] { return plan_command(*options); }; });
}

void add_list_command(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("list", "Show the transports");
  command->callback([&chosen] { chosen = list_command; });
}

}  // namespace busmark

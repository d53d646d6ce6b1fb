// SPDX-License-Identifier: Apache-2.0
#include "cli/config_options.hpp"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "busmark/base/error.hpp"

#include "config/file.hpp"
#include "plan/plan_text.hpp"

namespace busmark {

std::vector<Argument> ConfigOptions::arguments(bool runs) {
  std::vector<Argument> rows{
      {"CONFIG",
       &config,
       "",
       "TOML file, such as bench_configs/quick.toml",
       {.required = true, .may_be_empty = true}},
      {"--set",
       &set,
       "KEY=VALUE",
       "Override scenario.KEY or run.KEY (repeatable)",
       {.may_be_empty = true}},
      {"--only", &only, "GLOB", "Only the scenarios whose name matches, as in '*spsc*'"},
      {"--tag", &tags, "TAG", "Only those with this tag (repeatable: any)"},
      {"--with", &with, "TAG", "Those too that the config leaves out"},
      {"--without", &without, "TAG", "None with this tag (repeatable)"}};
  if (!runs) return rows;
  return join({std::move(rows),
               {{"--quick", &quick, "", "The same scenarios scaled into 30 s in all"},
                {"--until", &until, "WHEN", "More repetitions until: decided, planned, 'p99:5%'"},
                {"--at-most", &at_most, "TIME", "Time of the whole run with those, such as 60s"}}});
}

std::vector<std::string> ConfigOptions::selection() const {
  std::vector<std::string> arguments;
  if (!only.empty()) arguments.insert(arguments.end(), {"--only", only});
  for (const std::string& tag : tags) arguments.insert(arguments.end(), {"--tag", tag});
  for (const std::string& tag : with) arguments.insert(arguments.end(), {"--with", tag});
  for (const std::string& tag : without) arguments.insert(arguments.end(), {"--without", tag});
  return arguments;
}

PlanText ConfigOptions::plan_text() const {
  return {.file_name = config.string(),
          .text = read_config_file(config),
          .set = set,
          .only = only,
          .tags = tags,
          .with = with,
          .without = without,
          .quick = quick,
          .until = until,
          .at_most = at_most};
}

RunConfig ConfigOptions::load() const { return read_plan_text(plan_text()); }

void require_one_scenario(const RunConfig& config, const ConfigOptions& options,
                          const std::string& verb) {
  if (config.scenarios.size() <= 1) return;
  std::vector<std::string> names;
  for (const Scenario& scenario : config.scenarios) names.push_back(scenario.name);
  constexpr std::size_t kShown = 5;
  const std::size_t more = names.size() > kShown ? names.size() - kShown : 0;
  names.resize(names.size() - more);
  throw SetupError(
      fmt::format("{} works on one scenario, and {} has {}; choose with --only one of: {}{}", verb,
                  options.config.string(), config.scenarios.size(), fmt::join(names, ", "),
                  more > 0 ? fmt::format(" and {} more", more) : ""));
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "cli/config_options.hpp"

#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "busmark/base/error.hpp"

#include "cli/core_list.hpp"
#include "config/file.hpp"
#include "engine/registry.hpp"
#include "plan/limits.hpp"

namespace busmark {

std::string needs_text(const std::string& value) {
  return value.empty() ? "the value is empty; write one or leave the option out" : "";
}

void add_text(CLI::App& command, const std::string& name, std::string& target,
              const std::string& help, const std::string& type) {
  command.add_option(name, target, help)->type_name(type)->take_last()->check(needs_text);
}

void ConfigOptions::add_to(CLI::App& command, bool runs) {
  command.add_option("CONFIG", config, "TOML file, such as bench_configs/quick.toml")
      ->required()
      ->type_name("");
  command.add_option("--set", set, "Override scenario.KEY or run.KEY (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  add_text(command, "--only", only, "Only the scenarios whose name matches, as in '*spsc*'",
           "GLOB");
  const auto add_tags = [&](const char* name, std::vector<std::string>& target, const char* help) {
    command.add_option(name, target, help)
        ->type_name("TAG")
        ->allow_extra_args(false)
        ->check(needs_text);
  };
  add_tags("--tag", tags, "Only those with this tag (repeatable: any)");
  add_tags("--with", with, "Those too that the config leaves out");
  add_tags("--without", without, "None with this tag (repeatable)");
  if (!runs) return;
  command.add_flag("--quick", quick, "The same scenarios scaled into 30 s in all");
  add_text(command, "--until", until, "More repetitions until: decided, planned, 'p99:5%'", "WHEN");
  add_text(command, "--at-most", at_most, "Time of the whole run with those, such as 60s", "TIME");
}

Selection ConfigOptions::select() const {
  Selection chosen{.only = {}, .tags = tags, .with = with, .without = without};
  if (!only.empty()) chosen.only = only;
  return chosen;
}

std::vector<std::string> ConfigOptions::selection() const {
  std::vector<std::string> arguments;
  if (!only.empty()) arguments.insert(arguments.end(), {"--only", only});
  for (const std::string& tag : tags) arguments.insert(arguments.end(), {"--tag", tag});
  for (const std::string& tag : with) arguments.insert(arguments.end(), {"--with", tag});
  for (const std::string& tag : without) arguments.insert(arguments.end(), {"--without", tag});
  return arguments;
}

RunConfig ConfigOptions::load() const {
  ConfigOverrides overrides;
  overrides.set = set;
  overrides.select = select();
  overrides.transports = transport_names();
  overrides.check = check_transport_limits;
  RunConfig loaded = load_config(config, overrides);
  if (!until.empty()) {
    try {
      loaded.run.until = parse_until(until);
    } catch (const std::invalid_argument& error) {
      throw ConfigError({{"--until", "", error.what()}});
    }
  }
  if (!at_most.empty()) {
    loaded.run.at_most = parse_duration_option(at_most, std::chrono::seconds(1), "--at-most",
                                               std::chrono::hours(24));
  }
  if (quick) scale_to_quick(loaded, std::chrono::seconds(30));
  return loaded;
}

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

// SPDX-License-Identifier: Apache-2.0
#include "config_options.hpp"

#include <CLI/CLI.hpp>

#include "busmark/engine/transport_registry.hpp"
#include "busmark/workload/config_file.hpp"

namespace busmark {

std::string needs_text(const std::string& value) {
  return value.empty() ? "the value is empty; write one or leave the option out" : "";
}

void ConfigOptions::add_to(CLI::App& command, bool with_quick) {
  command.add_option("CONFIG", config, "TOML file, such as bench_configs/quick.toml")
      ->required()
      ->type_name("");
  command.add_option("--set", set, "Override scenario.KEY or run.KEY (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--only", only, "Only the scenarios whose name matches, as in '*spsc*'")
      ->type_name("GLOB")
      ->take_last()
      ->check(needs_text);
  if (!with_quick) return;
  command.add_flag("--quick", quick, "The same scenarios scaled into 30 s in all");
}

RunConfig ConfigOptions::load() const {
  ConfigOverrides overrides;
  overrides.set = set;
  if (!only.empty()) overrides.only = only;
  overrides.transports = transport_names();
  overrides.check = check_transport_limits;
  RunConfig loaded = load_config(config, overrides);
  if (quick) scale_to_quick(loaded, std::chrono::seconds(30));
  return loaded;
}

}  // namespace busmark

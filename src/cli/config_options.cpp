// SPDX-License-Identifier: Apache-2.0
#include "cli/config_options.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "busmark/base/error.hpp"

#include "config/file.hpp"
#include "engine/registry.hpp"
#include "plan/plan_text.hpp"

namespace busmark {
namespace {

/// A plugin beside the ring that everybody knows, as both would be measured first of all.
std::string config_of(const TransportInfo& info) {
  return fmt::format(
      "[run]\nrepetitions = 5\norder = \"interleaved\"\n"
      "[defaults]\nload = \"100k/s\"\nduration = \"500ms\"\npayload = {}\n"
      "[[scenario]]\nname = \"queue-spsc\"\ntransport = \"queue/spsc\"\n"
      "[[scenario]]\nname = \"{}\"\ntransport = \"{}\"\n",
      std::max(info.min_payload, 16U), info.name.substr(kPluginPrefix.size()), info.name);
}

}  // namespace

std::vector<Argument> ConfigOptions::arguments(bool runs) {
  std::vector<Argument> rows{
      {"CONFIG",
       &config,
       "",
       "File such as bench_configs/quick.toml, a plugin, or -",
       {.required = true, .may_be_empty = true}},
      {"--set",
       &set,
       "KEY=VALUE",
       "Override scenario.KEY or run.KEY (repeatable)",
       {.may_be_empty = true}},
      {"--only", &only, "GLOB", "Only the scenarios whose name matches, as in '*spsc*'"},
      {"--tag", &tags, "TAG", "Only those with this tag (repeatable: any)"},
      {"--with", &with, "TAG", "Those too that the config leaves out"},
      {"--without", &without, "TAG", "None with this tag (repeatable)"},
      {"--plugin", &plugins, "[NAME=]FILE", "A transport of your own: plugin/NAME (repeatable)"}};
  if (!runs) return rows;
  return join({std::move(rows),
               {{"--quick", &quick, "", "The same scenarios scaled into 30 s in all"},
                {"--until", &until, "WHEN", "More repetitions until: decided, planned, 'p99:5%'"},
                {"--at-most", &at_most, "TIME", "Time of the whole run with those, such as 60s"}}});
}

bool ConfigOptions::is_stream() const {
  std::error_code ignored;
  return config == kStandardInput || std::filesystem::is_fifo(config, ignored);
}

const std::string& ConfigOptions::text() const {
  if (!*text_) *text_ = read_config_file(config);
  return **text_;
}

std::vector<std::string> ConfigOptions::selection() const {
  std::vector<std::string> arguments;
  if (!only.empty()) arguments.insert(arguments.end(), {"--only", only});
  for (const std::string& tag : tags) arguments.insert(arguments.end(), {"--tag", tag});
  for (const std::string& tag : with) arguments.insert(arguments.end(), {"--with", tag});
  for (const std::string& tag : without) arguments.insert(arguments.end(), {"--without", tag});
  for (const std::string& plugin : plugins) {
    arguments.insert(arguments.end(), {"--plugin", plugin});
  }
  return arguments;
}

bool ConfigOptions::names_library() const {
  std::error_code error;
  if (!std::filesystem::is_regular_file(config, error)) return false;
  std::array<char, 4> magic{};
  std::ifstream(config, std::ios::binary).read(magic.data(), magic.size());
  return std::string_view(magic.data(), magic.size()) ==
         "\x7f"
         "ELF";
}

PlanText ConfigOptions::plan_text() const {
  PlanText plan{.file_name = config_shown(config),
                .text = {},
                .set = set,
                .only = only,
                .tags = tags,
                .with = with,
                .without = without,
                .plugins = plugins,
                .quick = quick,
                .until = until,
                .at_most = at_most};
  if (names_library()) {
    plan.text = config_of(add_plugin({.name = {}, .file = config.string()}).info);
    plan.plugins.push_back(config.string());
  } else {
    plan.text = text();
  }
  return plan;
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

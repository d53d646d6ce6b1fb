// SPDX-License-Identifier: Apache-2.0
#include "config/file.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "aspect/users/keys.hpp"
#include "base/escape.hpp"
#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "config/overrides.hpp"
#include "config/sweep.hpp"
#include "record/subjects.hpp"
#include "toml/value_as_meant.hpp"
#include "transport/keys.hpp"

namespace busmark {
namespace {

constexpr std::array<std::string_view, 4> kTables{"run", "defaults", "scenario", "plugins"};

std::string stem_as_name(std::string_view file_name) {
  // `<(...)` of a shell and standard input have no name.
  if (file_name == "<stdin>" || file_name.starts_with("/dev/fd/") ||
      file_name.starts_with("/proc/self/fd/")) {
    return "run";
  }
  std::string name = std::filesystem::path(file_name).stem().string().substr(0, 100);
  for (char& c : name) {
    if (!is_name(std::string_view(&c, 1)) || c == '/') c = '-';
  }
  if (name.starts_with('.')) name.front() = '-';
  return name.empty() ? "run" : name;
}

/// What to write in place of a transport that is none.
std::string instead_of(std::string_view transport, std::span<const std::string_view> known) {
  const std::string list = meant_words(transport, known);
  return list.empty() ? suggestion(transport, known) : "write " + list;
}

/// Behind those of `target`, so that they win over them.
void add_settings(Layer source, Layer& target) {
  std::move(source.settings.begin(), source.settings.end(), std::back_inserter(target.settings));
}

std::string unknown_transport(const std::string& name, std::span<const std::string_view> known) {
  const bool any = std::any_of(known.begin(), known.end(),
                               [](std::string_view one) { return one.starts_with(kPluginPrefix); });
  return fmt::format(
      "unknown transport {}; {}", in_quotes(name),
      name.starts_with(kPluginPrefix) && !any
          ? fmt::format("no plugin was named: write [plugins] with {} = \"FILE.so\", "
                        "or --plugin FILE.so",
                        name.substr(kPluginPrefix.size()))
          : instead_of(name, known));
}

/// The file on its way to a RunConfig.
class Assembly {
 public:
  Assembly(std::string file, const ConfigOverrides& overrides)
      : file_(std::move(file)), overrides_(overrides) {}

  RunConfig build(const Value::Table& root);

 private:
  void read_tables(const Value::Table& root);
  void read_run(std::span<const Value::Entry> entries);
  void read_plugins(const Value::Table& table);
  void load_plugins();
  void read_scenarios(const Value& value);
  void read_flags();
  void require_scenarios();
  void expand();
  void keep_selected();
  void check_selected();

  std::string file_;
  const ConfigOverrides& overrides_;
  Problems problems_;
  RunConfig config_;
  SyntheticOptions synthetic_;
  TransportTables options_{config_.run.nats, synthetic_};
  Layer run_layer_;
  Layer defaults_;
  Layer flags_;
  std::vector<Layer> scenarios_;
  std::vector<Swept> swept_;
  std::vector<std::pair<Place, PluginChoice>> plugins_;
  std::vector<std::string> plugin_names_;  ///< As `transport` may take them.
};

RunConfig Assembly::build(const Value::Table& root) {
  config_.run.name = stem_as_name(file_);
  read_tables(root);
  read_flags();
  require_scenarios();
  if (!problems_.empty()) problems_.raise();
  load_plugins();
  if (!problems_.empty()) problems_.raise();
  expand();
  if (!problems_.empty()) problems_.raise();
  keep_selected();
  check_selected();
  if (!problems_.empty()) problems_.raise();
  for (auto& one : swept_) {
    one.scenario.synthetic = synthetic_;
    config_.scenarios.push_back(std::move(one.scenario));
  }
  return std::move(config_);
}

void Assembly::read_tables(const Value::Table& root) {
  for (const auto& [key, at, value] : root) {
    const auto* table = std::get_if<Value::Table>(&value.data);
    const auto known = std::find(kTables.begin(), kTables.end(), key);
    if (key == "transport") {
      read_transport_table({key, at, value}, problems_, options_);
    } else if (known == kTables.end() && table == nullptr &&
               !std::holds_alternative<Value::List>(value.data)) {
      problems_.add(at, "",
                    fmt::format("unknown key {}; keys belong below [run], [defaults] or "
                                "[[scenario]]",
                                in_quotes(key)));
    } else if (known == kTables.end()) {
      const auto nearest = nearest_name(key, kTables);
      std::string hint = "use [run], [defaults] or [[scenario]]";
      if (nearest) {
        hint = *nearest == "scenario" ? "did you mean [[scenario]]?"
                                      : fmt::format("did you mean [{}]?", *nearest);
      }
      problems_.add(at, "", fmt::format("unknown table {}; {}", in_quotes(key), hint));
    } else if (key == "scenario") {
      read_scenarios(value);
    } else if (table == nullptr) {
      problems_.add(at, key, fmt::format("must be a table [{}], not {}", key, value.shown()));
    } else if (key == "plugins") {
      read_plugins(*table);
    } else if (key == "run") {
      read_run(*table);
    } else {
      defaults_ = read_layer(*table, at, problems_);
      for (const auto& entry : *table) {
        if (entry.key == "name") problems_.add(entry.at, "name", "belongs to one [[scenario]]");
      }
    }
  }
}

void Assembly::read_run(std::span<const Value::Entry> entries) {
  std::vector<std::string_view> names{"warmup", "duration"};
  for (const auto& key : run_keys()) names.push_back(key.name);
  for (const auto& entry : entries) {
    const auto& [name, at, value] = entry;
    if (name == "warmup" || name == "duration") {
      add_settings(read_layer({entry}, at, problems_), run_layer_);
      continue;
    }
    bool found = false;
    for (const auto& key : run_keys()) {
      if (key.name != name) continue;
      key.read(Field(value, key.name, problems_), config_.run);
      found = true;
    }
    if (!found) {
      const auto keys = scenario_keys();
      const bool of_scenario = std::any_of(keys.begin(), keys.end(),
                                           [&](const auto& key) { return key.name == entry.key; });
      problems_.add(at, "",
                    fmt::format("unknown key {}; {}", in_quotes(name),
                                of_scenario ? "it belongs below [defaults] or [[scenario]]"
                                            : suggestion(name, names)));
    }
  }
}

void Assembly::read_plugins(const Value::Table& table) {
  for (const auto& [name, at, value] : table) {
    if (!is_name(name) || name.find('/') != std::string::npos) {
      constexpr const char* kNames = "1 to 60 letters, digits or any of . _ - + =";
      problems_.add(at, "", fmt::format("{} names no plugin; write {}", in_quotes(name), kNames));
      continue;
    }
    PluginChoice choice{.name = name, .file = {}};
    Field(value, name, problems_).text(choice.file);
    plugins_.emplace_back(at, std::move(choice));
  }
}

/// Those of the command line first: they win.
void Assembly::load_plugins() {
  std::vector<std::pair<Place, PluginChoice>> chosen;
  for (const PluginChoice& choice : overrides_.plugins) {
    chosen.emplace_back(Place{"--plugin", 0, 0}, choice);
  }
  for (auto& [at, choice] : plugins_) {
    const auto given = std::ranges::count(overrides_.plugins, choice.name, &PluginChoice::name);
    if (given == 0) chosen.emplace_back(at, std::move(choice));
  }
  for (auto& [at, choice] : chosen) {
    try {
      if (overrides_.load_plugin) {
        plugin_names_.push_back(overrides_.load_plugin(choice));
        choice.name = plugin_names_.back().substr(kPluginPrefix.size());
      }
    } catch (const SetupError& error) {
      const bool skip = at.line > 0 && config_.run.missing_plugins == MissingPlugins::skip;
      if (!skip) problems_.add(at, "", error.what());
      choice.missing = error.what();
      plugin_names_.push_back(std::string(kPluginPrefix) + choice.name);
    }
    config_.run.plugins.push_back(std::move(choice));
  }
}

void Assembly::read_scenarios(const Value& value) {
  const auto* list = std::get_if<Value::List>(&value.data);
  if (list == nullptr) {
    problems_.add(
        value.at, "scenario",
        fmt::format("must be written [[scenario]], one for each scenario, not {}", value.shown()));
    return;
  }
  for (const auto& element : *list) {
    const auto* table = std::get_if<Value::Table>(&element.data);
    if (table == nullptr) {
      problems_.add(element.at, "scenario",
                    fmt::format("must be a table [[scenario]], not {}", element.shown()));
      continue;
    }
    const bool named = std::any_of(table->begin(), table->end(),
                                   [](const auto& entry) { return entry.key == "name"; });
    if (!named) problems_.add(element.at, "name", "is missing; every scenario needs a name");
    scenarios_.push_back(read_layer(*table, element.at, problems_));
  }
}

void Assembly::read_flags() {
  for (const auto& flag : read_flag_settings(overrides_.set, problems_)) {
    if (flag.table == "run") {
      read_run(std::span(&flag.entry, 1));
    } else if (flag.table != "scenario") {
      for (const OptionTable& table : option_tables()) {
        if (flag.table != fmt::format("transport.{}", table.name)) continue;
        table.read(std::span(&flag.entry, 1), problems_, options_);
      }
    } else if (flag.entry.key == "name") {
      problems_.add(flag.entry.at, "", "cannot name every scenario alike");
    } else {
      add_settings(read_layer({flag.entry}, flag.entry.at, problems_), flags_);
    }
  }
}

void Assembly::require_scenarios() {
  if (!scenarios_.empty() || !problems_.empty()) return;
  problems_.add({file_, 0, 0}, "",
                "has no [[scenario]]; write at least\n"
                "  [[scenario]]\n"
                "  name = \"first\"\n"
                "  transport = \"queue/spsc\"\n"
                "  load = \"100k/s\"");
}

void Assembly::expand() {
  std::map<std::string, Place> seen;
  std::map<std::string, std::string> files;  ///< Names by what files of theirs are called.
  for (const auto& own : scenarios_) {
    auto expanded = sweep({&run_layer_, &defaults_, &own, &flags_}, own.at, problems_);
    for (auto& one : expanded) {
      if (one.scenario.batch > one.scenario.capacity) {
        problems_.add(one.batch_at, "batch",
                      fmt::format("{} is more than the capacity of {} messages", one.scenario.batch,
                                  one.scenario.capacity));
      }
      const auto [first, is_new] = seen.emplace(one.scenario.name, own.at);
      if (!is_new) {
        problems_.add(own.at, "name",
                      fmt::format("{} is the name of the scenario in line {} too",
                                  in_quotes(one.scenario.name, 200), first->second.line));
      }
      const auto [same, is_free] =
          files.emplace(file_part_without_case(one.scenario.name), one.scenario.name);
      if (is_new && !is_free) {
        problems_.add(own.at, "name",
                      fmt::format("{} differs from {} in line {} by case alone, so files named "
                                  "after them would be one where case does not matter; rename one",
                                  in_quotes(one.scenario.name, 200), in_quotes(same->second, 200),
                                  seen.at(same->second).line));
      }
      swept_.push_back(std::move(one));
    }
    if (swept_.size() > kMostScenarios) {
      problems_.add(own.at, "", fmt::format("makes more than {} scenarios in all", kMostScenarios));
      return;
    }
  }
}

void Assembly::keep_selected() {
  const Selection& select = overrides_.select;
  const auto chosen = [&](const Swept& one) {
    return select.chooses(one.scenario, config_.run.without);
  };
  if (std::any_of(swept_.begin(), swept_.end(), chosen)) {
    std::erase_if(swept_, std::not_fn(chosen));
    return;
  }
  std::vector<const Scenario*> all;
  for (const Swept& one : swept_) all.push_back(&one.scenario);
  const NothingChosen why = why_nothing_chosen(select, config_.run.without, all);
  problems_.add({why.flag, 0, 0}, "", why.sentence);
}

void Assembly::check_selected() {
  std::vector<std::string_view> known(overrides_.transports.begin(), overrides_.transports.end());
  if (!known.empty()) known.insert(known.end(), plugin_names_.begin(), plugin_names_.end());
  // Scenarios of a sweep mostly share their subjects; a million of them take a second to check.
  using Texts = std::vector<std::string>;
  std::map<std::tuple<Texts, Texts, Pattern>, std::optional<std::string>> checked;
  for (const auto& [scenario, at, batch_at, subscriptions_at, users_at] : swept_) {
    if (const auto misfit = check_users(scenario)) {
      problems_.add(users_at, "users",
                    fmt::format("{} (scenario {})", *misfit, in_quotes(scenario.name, 200)));
      continue;
    }
    if (!known.empty() &&
        std::find(known.begin(), known.end(), scenario.transport) == known.end()) {
      problems_.add(at, "transport", unknown_transport(scenario.transport, known));
    } else if (overrides_.check) {
      if (const auto fault = overrides_.check(scenario)) {
        problems_.add(at, "transport",
                      fmt::format("{} (scenario {})", *fault, in_quotes(scenario.name, 200)));
      }
    }
    const auto [found, is_new] = checked.try_emplace(
        {subject_templates(scenario), scenario.subscriptions, scenario.pattern});
    if (is_new) found->second = check_subjects(scenario);
    if (found->second) {
      problems_.add(subscriptions_at, "subscriptions",
                    fmt::format("{} (scenario {})", *found->second, in_quotes(scenario.name, 200)));
    }
  }
}

}  // namespace

RunConfig parse_config(std::string_view text, std::string_view file_name,
                       const ConfigOverrides& overrides) {
  const std::string shown = shown_path(file_name);
  check_size(text, shown);
  const Value::Table root = parse_tree(text, shown);
  return Assembly(shown, overrides).build(root);
}

std::vector<std::string> config_keys() {
  std::vector<std::string> keys{"run.warmup", "run.duration"};
  for (const auto& key : run_keys()) keys.push_back(fmt::format("run.{}", key.name));
  for (const auto& key : scenario_keys()) keys.push_back(fmt::format("scenario.{}", key.name));
  keys.emplace_back("plugins.NAME");
  for (const OptionTable& table : option_tables()) {
    for (const auto& key : table.keys()) {
      keys.push_back(fmt::format("transport.{}.{}", table.name, key));
    }
  }
  return keys;
}

}  // namespace busmark

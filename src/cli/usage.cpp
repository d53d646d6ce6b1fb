// SPDX-License-Identifier: Apache-2.0
#include "cli/usage.hpp"

#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/quote.hpp"
#include "base/suggest.hpp"

namespace busmark {
namespace {

/// `--name` of every option, `CONFIG` and the short forms left out.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::string instead(std::string_view word, const std::vector<std::string>& names) {
  return suggestion(word, std::vector<std::string_view>(names.begin(), names.end()));
}

std::string either(const std::vector<std::string>& names) {
  return alternatives(std::vector<std::string_view>(names.begin(), names.end()));
}

/// `CONFIG`, or what else the subcommand takes without a flag; empty where it takes nothing.
std::string operand_name(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) return option->get_name(true);
  }
  return {};
}

/// `OLD and NEW`: what a subcommand takes without a flag, needs and lacks.
std::string missing_operands(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() && option->get_required() && option->count() == 0) {
      names.push_back(option->get_name(true));
    }
  }
  return fmt::format("{}", fmt::join(names, " and "));
}

/// What is required and missing.
std::string incomplete(const CLI::App& app, const CLI::App* command) {
  if (command == nullptr) {
    return fmt::format("a subcommand is missing: {}; busmark --help explains them",
                       either(subcommand_names(app)));
  }
  const std::string path = command->get_parent() == &app
                               ? command->get_name()
                               : command->get_parent()->get_name() + " " + command->get_name();
  const std::string operands = missing_operands(*command);
  if (operands == "CONFIG") {
    return fmt::format("{0} needs a CONFIG, for example: busmark {0} bench_configs/quick.toml",
                       path);
  }
  if (operands.empty()) {
    return fmt::format("{0} needs {1}; busmark {0} --help explains them", path,
                       either(subcommand_names(*command)));
  }
  return fmt::format("{0} needs {1}; busmark {0} --help explains it", path, operands);
}

/// An argument that belongs nowhere.
std::string stray(const CLI::App& app, const CLI::App* command, const std::string& argument) {
  const std::string shown = in_quotes(argument, 100);
  if (argument.starts_with('-')) {
    const std::string flag = argument.substr(0, argument.find('='));
    return fmt::format("{} has no option {}; {}",
                       command != nullptr ? command->get_name() : "busmark", shown,
                       instead(flag, option_names(command != nullptr ? *command : app)));
  }
  if (command == nullptr) {
    return fmt::format("unknown subcommand {}; {}", shown,
                       instead(argument, subcommand_names(app)));
  }
  const std::string operand = operand_name(*command);
  return operand.empty()
             ? fmt::format("{} takes no argument; leave {} out", command->get_name(), shown)
             : fmt::format("{} takes one {}, so {} is one too many", command->get_name(), operand,
                           shown);
}

}  // namespace

std::string usage_mistake(const CLI::App& app, const CLI::ParseError& error) {
  const auto commands = app.get_subcommands();
  const CLI::App* command = commands.empty() ? nullptr : commands.front();
  if (command != nullptr && !command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
  }
  const std::vector<std::string> strays = app.remaining(true);
  if (!strays.empty()) return stray(app, command, strays.front());
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    return incomplete(app, command);
  }
  const std::string said = in_quotes(error.what(), 200);
  return fmt::format("{}; busmark {}{}--help explains it", said.substr(1, said.size() - 2),
                     command == nullptr ? "" : command->get_name(), command == nullptr ? "" : " ");
}

}  // namespace busmark

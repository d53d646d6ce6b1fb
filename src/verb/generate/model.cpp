// SPDX-License-Identifier: Apache-2.0
#include "verb/generate/model.hpp"

#include <CLI/CLI.hpp>

namespace busmark {
namespace {

/// `N:INT in [1 - 9]` is the type name `N` with what a check added.
std::string bare_type(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

ArgumentModel argument_of(const CLI::Option& option) {
  ArgumentModel argument;
  if (!option.get_snames().empty()) argument.short_name = option.get_snames().front();
  if (!option.get_lnames().empty()) argument.long_name = option.get_lnames().front();
  const bool takes_value = option.get_type_size() != 0;
  if (argument.positional()) {
    argument.value = option.get_name(true);
  } else if (takes_value) {
    argument.value = bare_type(option);
  }
  argument.about = option.get_description();
  argument.required = option.get_required();
  argument.repeats = takes_value && option.get_expected_max() > 1;
  return argument;
}

}  // namespace

ValueKind ArgumentModel::kind() const {
  if (value == "CONFIG") return ValueKind::config;
  if (value == "DIR") return ValueKind::folder;
  if (value.starts_with("FILE") || value == "PATH" || value == "RESULT" || value == "OLD" ||
      value == "NEW") {
    return ValueKind::file;
  }
  return ValueKind::none;
}

CommandModel model_of(const CLI::App& app) {
  CommandModel model{.name = app.get_name(),
                     .about = app.get_description(),
                     .footer = app.get_footer(),
                     .arguments = {},
                     .commands = {}};
  for (const CLI::Option* option : app.get_options()) {
    model.arguments.push_back(argument_of(*option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    model.commands.push_back(model_of(*command));
  }
  return model;
}

}  // namespace busmark

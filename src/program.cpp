// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <algorithm>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/build_info.hpp"
#include "base/quote.hpp"
#include "cli/console.hpp"
#include "cli/usage.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

std::string version_text() {
  const BuildInfo build = build_info();
  std::string text = fmt::format("busmark {}\ncompiler  {}\nflags     {}\nallocator {}\n",
                                 build.version, build.compiler, build.flags, build.allocator);
  for (const LibraryVersion& library : build.libraries) {
    text += fmt::format("{:<9} {}\n", library.name, library.version);
  }
  return text;
}

std::string needs_text(const std::string& value) {
  return value.empty() ? "the value is empty; write one or leave the option out" : "";
}

std::string needs_choice(const std::string& value, const std::vector<std::string>& choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return "";
  return fmt::format("{} is none of {} and {}", in_quotes(value),
                     fmt::join(choices.begin(), choices.end() - 1, ", "), choices.back());
}

template <typename Number>
std::string needs_range(const std::string& value, const NumberRange& range) {
  Number number{};
  const bool within =
      CLI::detail::lexical_cast(value, number) && number >= range.least && number <= range.most;
  if (within) return "";
  if (!range.refusal.empty()) return fmt::format("{} {}", in_quotes(value), range.refusal);
  return fmt::format("Value {} not in range {:.0f} to {:.0f}", value, range.least, range.most);
}

/// `INT in [1 - 9]`.
std::string shown(const NumberRange& range) {
  if (!range.refusal.empty()) return "";
  return fmt::format("{} in [{:.0f} - {:.0f}]", range.is_signed ? "INT" : "UINT", range.least,
                     range.most);
}

template <typename Value>
void add_check(CLI::Option& option, const ArgumentRules& rules) {
  if constexpr (std::is_arithmetic_v<Value>) {
    if (!rules.range) return;
    const auto check = [range = *rules.range](const std::string& value) {
      return needs_range<Value>(value, range);
    };
    option.check(CLI::Validator(check, shown(*rules.range)));
  } else if (!rules.choices.empty()) {
    option.check([choices = rules.choices](const std::string& value) {
      return needs_choice(value, choices);
    });
  } else if (!rules.may_be_empty) {
    option.check(needs_text);
  }
}

void add(CLI::App& app, const Argument& row, Answer answer) {
  if (answer == Answer::help) {
    app.set_help_flag(row.name, row.help);
  } else {
    app.set_version_flag(row.name, version_text, row.help);
  }
}

void add(CLI::App& app, const Argument& row, bool* flag) {
  app.add_flag(row.name, *flag, row.help);
}

template <typename Value>
void add(CLI::App& app, const Argument& row, Value* value) {
  CLI::Option& option = *app.add_option(row.name, *value, row.help);
  option.type_name(row.value)->required(row.rules.required);
  if (row.repeats()) {
    option.allow_extra_args(row.is_operand() || row.rules.takes_all);
  } else if (!row.is_operand()) {
    option.take_last();
  }
  add_check<Value>(option, row.rules);
}

void feed(CLI::App& app, const Verb& verb) {
  app.footer(verb.footer + kExitCodes);
  for (const Argument& row : verb.arguments) {
    std::visit([&](auto target) { add(app, row, target); }, row.target);
  }
  for (const Argument& row : verb.arguments) {
    if (row.rules.excludes.empty()) continue;
    app.get_option(row.name)->excludes(app.get_option(row.rules.excludes));
  }
  for (const Verb& part : verb.verbs) feed(*app.add_subcommand(part.name, part.about), part);
  if (!verb.verbs.empty()) app.require_subcommand(1);
}

/// What was understood of a command line, as far as it was.
struct Understood {
  std::vector<const Verb*> path;
  const CLI::App* app;  ///< Of the last.
};

Understood understood(const CLI::App& app, const Verb& program) {
  Understood found{{&program}, &app};
  while (!found.app->get_subcommands().empty()) {
    found.app = found.app->get_subcommands().front();
    for (const Verb& part : found.path.back()->verbs) {
      if (part.name == found.app->get_name()) {
        found.path.push_back(&part);
        break;
      }
    }
  }
  return found;
}

Refusal refusal_of(const CLI::App& app, const Verb& program, const CLI::ParseError& error) {
  const Understood found = understood(app, program);
  Refusal refusal{.path = found.path,
                  .strays = app.remaining(true),
                  .incomplete = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr,
                  .missing = {},
                  .said = error.what()};
  for (const Argument& row : found.path.back()->arguments) {
    const bool lacking =
        row.is_operand() && row.rules.required && found.app->get_option(row.name)->count() == 0;
    if (lacking) refusal.missing.push_back(row.name);
  }
  return refusal;
}

}  // namespace

ExitCode run_program(int argc, char** argv) {
  const Verb program = whole_program();
  CLI::App app{program.about, program.name};
  constexpr std::size_t kOptionColumns = 22;
  app.get_formatter()->column_width(kOptionColumns);  // the subcommands', too
  feed(app, program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    print(version_text());
    return ExitCode::ok;
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return ExitCode::ok;
  } catch (const CLI::ParseError& error) {
    print_error(usage_mistake(refusal_of(app, program, error)));
    return ExitCode::usage;
  }
  return understood(app, program).path.back()->run();
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "cli/usage.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/quote.hpp"
#include "base/suggest.hpp"

namespace busmark {
namespace {

/// `--name` of every option; operands and short forms left out.
std::vector<std::string> option_names(const Verb& verb) {
  std::vector<std::string> names;
  for (const Argument& argument : verb.arguments) {
    if (!argument.is_operand()) names.push_back("--" + argument.long_name());
  }
  return names;
}

std::vector<std::string> verb_names(const Verb& verb) {
  std::vector<std::string> names;
  for (const Verb& part : verb.verbs) names.push_back(part.name);
  return names;
}

std::string instead(std::string_view word, const std::vector<std::string>& names) {
  return suggestion(word, std::vector<std::string_view>(names.begin(), names.end()));
}

std::string either(const std::vector<std::string>& names) {
  return alternatives(std::vector<std::string_view>(names.begin(), names.end()));
}

/// `CONFIG`, or what else the verb takes without a flag; empty where it takes nothing.
std::string operand_name(const Verb& verb) {
  for (const Argument& argument : verb.arguments) {
    if (argument.is_operand()) return argument.name;
  }
  return {};
}

/// `baseline save`.
std::string words_of(const std::vector<const Verb*>& path) {
  std::string words;
  for (std::size_t i = 1; i < path.size(); ++i) words += (i == 1 ? "" : " ") + path[i]->name;
  return words;
}

/// What is required and missing.
std::string incomplete(const Refusal& refusal) {
  const Verb& verb = *refusal.path.back();
  const std::string path = words_of(refusal.path);
  if (path.empty()) {
    return fmt::format("a subcommand is missing: {}; {} --help explains them",
                       either(verb_names(verb)), verb.name);
  }
  const std::string operands = fmt::format("{}", fmt::join(refusal.missing, " and "));
  if (operands == "CONFIG") {
    return fmt::format("{0} needs a CONFIG, for example: busmark {0} bench_configs/quick.toml",
                       path);
  }
  if (operands.empty()) {
    return fmt::format("{0} needs {1}; busmark {0} --help explains them", path,
                       either(verb_names(verb)));
  }
  return fmt::format("{0} needs {1}; busmark {0} --help explains it", path, operands);
}

/// An argument that belongs nowhere.
std::string stray(const Refusal& refusal, const std::string& argument) {
  const Verb& verb = *refusal.path.back();
  const std::string shown = in_quotes(argument, 100);
  if (argument.starts_with('-')) {
    const std::string flag = argument.substr(0, argument.find('='));
    return fmt::format("{} has no option {}; {}", verb.name, shown,
                       instead(flag, option_names(verb)));
  }
  if (refusal.path.size() == 1) {
    return fmt::format("unknown subcommand {}; {}", shown, instead(argument, verb_names(verb)));
  }
  const std::string operand = operand_name(verb);
  return operand.empty()
             ? fmt::format("{} takes no argument; leave {} out", verb.name, shown)
             : fmt::format("{} takes one {}, so {} is one too many", verb.name, operand, shown);
}

}  // namespace

std::string usage_mistake(const Refusal& refusal) {
  if (!refusal.strays.empty()) return stray(refusal, refusal.strays.front());
  if (refusal.incomplete) return incomplete(refusal);
  const std::string said = in_quotes(refusal.said, 200);
  const std::string verb = refusal.path.size() == 1 ? "" : refusal.path.back()->name + " ";
  return fmt::format("{}; busmark {}--help explains it", said.substr(1, said.size() - 2), verb);
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "verb/generate/completion.hpp"

namespace busmark {
namespace {

constexpr const char* kHead = R"(# bash completion for busmark, made by `busmark generate bash`
_busmark_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen "$@" -- "$word")
}

_busmark_configs() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -d -- "$word"; compgen -f -X '!*.toml' -- "$word")
}

_busmark() {
  local word=${COMP_WORDS[COMP_CWORD]} before= command= options= words= i
  ((COMP_CWORD > 0)) && before=${COMP_WORDS[COMP_CWORD - 1]}
  # --option=value comes as three words.
  if [[ $word == '=' ]]; then
    word=
  elif [[ $before == '=' ]] && ((COMP_CWORD > 1)); then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case "$command ${COMP_WORDS[i]}" in
)";

constexpr const char* kTail = R"(  esac
  [[ $word == -* ]] && words=$options
  [[ -n $words ]] && mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _busmark busmark
)";

/// The call that offers values; null where there is nothing to offer.
const char* offer_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::config: return "_busmark_configs";
    case ValueKind::file: return "_busmark_files -f";
    case ValueKind::folder: return "_busmark_files -d";
    case ValueKind::none: break;
  }
  return nullptr;
}

void list_commands(const Verb& verb, const std::string& path, std::string& text) {
  for (const Verb& part : verb.verbs) {
    const std::string inner = path.empty() ? part.name : path + " " + part.name;
    text += fmt::format("      '{} {}') command='{}' ;;\n", path, part.name, inner);
    list_commands(part, inner, text);
  }
}

void list_values(const Verb& verb, const std::string& path, std::string& text) {
  for (const Argument& argument : verb.arguments) {
    if (argument.is_operand() || argument.placeholder().empty()) continue;
    const char* const offer = offer_of(kind_of(argument));
    text += fmt::format("    '{} --{}') {}return ;;\n", path, argument.long_name(),
                        offer == nullptr ? std::string() : fmt::format("{}; ", offer));
  }
  for (const Verb& part : verb.verbs) {
    list_values(part, path.empty() ? part.name : path + " " + part.name, text);
  }
}

void list_words(const Verb& verb, const std::string& path, std::string& text) {
  std::vector<std::string> options;
  std::vector<std::string> words;
  const char* offer = nullptr;
  for (const Argument& argument : verb.arguments) {
    if (!argument.long_name().empty()) options.push_back("--" + argument.long_name());
    if (argument.is_operand() && offer == nullptr) offer = offer_of(kind_of(argument));
  }
  for (const Verb& part : verb.verbs) words.push_back(part.name);
  text += fmt::format("    '{}')\n      options='{}'\n      words='{}'\n", path,
                      fmt::join(options, " "), fmt::join(words, " "));
  if (offer != nullptr) text += fmt::format("      [[ $word != -* ]] && {}\n", offer);
  text += "      ;;\n";
  for (const Verb& part : verb.verbs) {
    list_words(part, path.empty() ? part.name : path + " " + part.name, text);
  }
}

}  // namespace

std::string write_bash_completion(const Verb& program) {
  std::string text = kHead;
  list_commands(program, "", text);
  text += "    esac\n  done\n  case \"$command $before\" in\n";
  list_values(program, "", text);
  text += "  esac\n  case $command in\n";
  list_words(program, "", text);
  text += kTail;
  return text;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "verb/generate/completion.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace busmark {
namespace {

/// `text` with a backslash before each of `letters`.
std::string escape(std::string_view text, std::string_view letters) {
  std::string escaped;
  for (const char letter : text) {
    if (letters.find(letter) != std::string_view::npos) escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

/// A word of zsh in single quotes, inside of which `'` ends and begins them again.
std::string zsh_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char letter : text) {
    if (letter == '\'') {
      quoted += "'\\''";
    } else {
      quoted += letter;
    }
  }
  return quoted + "'";
}

std::string zsh_action(const Argument& argument) {
  switch (kind_of(argument)) {
    case ValueKind::config: return "_files -g \"*.toml(-.)\"";
    case ValueKind::file: return "_files";
    case ValueKind::folder: return "_files -/";
    case ValueKind::none: break;
  }
  return " ";
}

std::string zsh_argument(const Argument& argument) {
  const std::string about = escape(argument.help, "[]:\\");
  const std::string value = escape(argument.placeholder(), ":\\");
  if (argument.is_operand()) {
    const char* const place = argument.repeats() ? "*" : argument.rules.required ? "" : ":";
    return zsh_quoted(fmt::format("{}:{}:{}", place, value, zsh_action(argument)));
  }
  std::string text = fmt::format("{}--{}", argument.repeats() ? "*" : "", argument.long_name());
  if (!argument.placeholder().empty()) text += "=";
  text += "[" + about + "]";
  if (!argument.placeholder().empty()) text += fmt::format(":{}:{}", value, zsh_action(argument));
  return zsh_quoted(text);
}

std::string zsh_function(const std::string& path) {
  std::string name = "_" + path;
  for (char& letter : name) {
    if (letter == ' ') letter = '_';
  }
  return name;
}

void write_zsh(const Verb& verb, const std::string& path, std::string& text) {
  text += fmt::format("{}() {{\n", zsh_function(path));
  if (!verb.verbs.empty()) text += "  local line state\n  local -a commands\n";
  text += verb.verbs.empty() ? "  _arguments -s" : "  _arguments -s -C";
  for (const Argument& argument : verb.arguments) {
    text += " \\\n    " + zsh_argument(argument);
  }
  if (!verb.verbs.empty()) {
    text += " \\\n    '1: :->command' \\\n    '*:: :->rest'\n  commands=(\n";
    for (const Verb& part : verb.verbs) {
      text += fmt::format("    {}\n", zsh_quoted(part.name + ":" + escape(part.about, ":\\")));
    }
    text +=
        "  )\n  case $state in\n    command) _describe -t commands command commands ;;\n"
        "    rest)\n      case $line[1] in\n";
    for (const Verb& part : verb.verbs) {
      text += fmt::format("        {}) {} ;;\n", part.name, zsh_function(path + " " + part.name));
    }
    text += "      esac\n      ;;\n  esac";
  }
  text += "\n}\n\n";
  for (const Verb& part : verb.verbs) {
    write_zsh(part, path + " " + part.name, text);
  }
}

constexpr const char* kFishHead = R"(# fish completion for busmark, made by `busmark generate fish`
function __busmark_words
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or echo $word
    end
end
# The words so far are these and no more.
function __busmark_at
    set -l words (__busmark_words)
    test "$words" = "$argv"
end
# The words so far begin with these.
function __busmark_in
    set -l words (__busmark_words)
    test (count $words) -ge (count $argv); and test "$words[1..$(count $argv)]" = "$argv"
end
complete -c busmark -f
)";

std::string fish_quoted(std::string_view text) { return "'" + escape(text, "'\\") + "'"; }

std::string fish_files(const Argument& argument) {
  switch (kind_of(argument)) {
    case ValueKind::config: return " -a '(__fish_complete_suffix .toml)'";
    case ValueKind::file: return " -F";
    case ValueKind::folder: return " -a '(__fish_complete_directories)'";
    case ValueKind::none: break;
  }
  return "";
}

void write_fish(const Verb& verb, const std::string& path, std::string& text) {
  const bool group = !verb.verbs.empty();
  const std::string here = fmt::format("-n '{}{}'", group ? "__busmark_at" : "__busmark_in", path);
  for (const Verb& part : verb.verbs) {
    text += fmt::format("complete -c busmark {} -a {} -d {}\n", here, part.name,
                        fish_quoted(part.about));
  }
  for (const Argument& argument : verb.arguments) {
    if (argument.is_operand() && kind_of(argument) == ValueKind::none) continue;
    text += "complete -c busmark " + here;
    if (!argument.long_name().empty()) text += " -l " + argument.long_name();
    if (!argument.short_name().empty()) text += " -s " + argument.short_name();
    if (!argument.is_operand() && !argument.placeholder().empty()) {
      text += kind_of(argument) == ValueKind::file ? " -r" : " -x";
    }
    text += fish_files(argument);
    if (!argument.is_operand()) text += " -d " + fish_quoted(argument.help);
    text += "\n";
  }
  for (const Verb& part : verb.verbs) {
    write_fish(part, path + " " + part.name, text);
  }
}

}  // namespace

ValueKind kind_of(const Argument& argument) {
  const std::string& value = argument.placeholder();
  if (value == "CONFIG") return ValueKind::config;
  if (value == "DIR") return ValueKind::folder;
  if (value.starts_with("FILE") || value == "PATH" || value == "RESULT" || value == "OLD" ||
      value == "NEW") {
    return ValueKind::file;
  }
  return ValueKind::none;
}

std::string write_zsh_completion(const Verb& program) {
  std::string text = "#compdef busmark\n# Made by `busmark generate zsh`.\n\n";
  write_zsh(program, program.name, text);
  // As a file of $fpath it is the function's body; sourced, it registers it.
  text +=
      "if [[ $funcstack[1] == _busmark ]]; then\n  _busmark \"$@\"\nelse\n"
      "  compdef _busmark busmark\nfi\n";
  return text;
}

std::string write_fish_completion(const Verb& program) {
  std::string text = kFishHead;
  write_fish(program, "", text);
  return text;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "verb/generate/model.hpp"

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

std::string zsh_action(const ArgumentModel& argument) {
  switch (argument.kind()) {
    case ValueKind::config: return "_files -g \"*.toml(-.)\"";
    case ValueKind::file: return "_files";
    case ValueKind::folder: return "_files -/";
    case ValueKind::none: break;
  }
  return " ";
}

std::string zsh_argument(const ArgumentModel& argument) {
  const std::string about = escape(argument.about, "[]:\\");
  const std::string value = escape(argument.value, ":\\");
  if (argument.positional()) {
    const char* const place = argument.repeats ? "*" : argument.required ? "" : ":";
    return zsh_quoted(fmt::format("{}:{}:{}", place, value, zsh_action(argument)));
  }
  std::string text = fmt::format("{}--{}", argument.repeats ? "*" : "", argument.long_name);
  if (!argument.value.empty()) text += "=";
  text += "[" + about + "]";
  if (!argument.value.empty()) text += fmt::format(":{}:{}", value, zsh_action(argument));
  return zsh_quoted(text);
}

std::string zsh_function(const std::string& path) {
  std::string name = "_" + path;
  for (char& letter : name) {
    if (letter == ' ') letter = '_';
  }
  return name;
}

void write_zsh(const CommandModel& command, const std::string& path, std::string& text) {
  text += fmt::format("{}() {{\n", zsh_function(path));
  if (!command.commands.empty()) text += "  local line state\n  local -a commands\n";
  text += command.commands.empty() ? "  _arguments -s" : "  _arguments -s -C";
  for (const ArgumentModel& argument : command.arguments) {
    text += " \\\n    " + zsh_argument(argument);
  }
  if (!command.commands.empty()) {
    text += " \\\n    '1: :->command' \\\n    '*:: :->rest'\n  commands=(\n";
    for (const CommandModel& part : command.commands) {
      text += fmt::format("    {}\n", zsh_quoted(part.name + ":" + escape(part.about, ":\\")));
    }
    text +=
        "  )\n  case $state in\n    command) _describe -t commands command commands ;;\n"
        "    rest)\n      case $line[1] in\n";
    for (const CommandModel& part : command.commands) {
      text += fmt::format("        {}) {} ;;\n", part.name, zsh_function(path + " " + part.name));
    }
    text += "      esac\n      ;;\n  esac";
  }
  text += "\n}\n\n";
  for (const CommandModel& part : command.commands) {
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

std::string fish_files(const ArgumentModel& argument) {
  switch (argument.kind()) {
    case ValueKind::config: return " -a '(__fish_complete_suffix .toml)'";
    case ValueKind::file: return " -F";
    case ValueKind::folder: return " -a '(__fish_complete_directories)'";
    case ValueKind::none: break;
  }
  return "";
}

void write_fish(const CommandModel& command, const std::string& path, std::string& text) {
  const bool group = !command.commands.empty();
  const std::string here = fmt::format("-n '{}{}'", group ? "__busmark_at" : "__busmark_in", path);
  for (const CommandModel& part : command.commands) {
    text += fmt::format("complete -c busmark {} -a {} -d {}\n", here, part.name,
                        fish_quoted(part.about));
  }
  for (const ArgumentModel& argument : command.arguments) {
    if (argument.positional() && argument.kind() == ValueKind::none) continue;
    text += "complete -c busmark " + here;
    if (!argument.long_name.empty()) text += " -l " + argument.long_name;
    if (!argument.short_name.empty()) text += " -s " + argument.short_name;
    if (!argument.positional() && !argument.value.empty()) {
      text += argument.kind() == ValueKind::file ? " -r" : " -x";
    }
    text += fish_files(argument);
    if (!argument.positional()) text += " -d " + fish_quoted(argument.about);
    text += "\n";
  }
  for (const CommandModel& part : command.commands) {
    write_fish(part, path + " " + part.name, text);
  }
}

}  // namespace

std::string write_zsh_completion(const CommandModel& program) {
  std::string text = "#compdef busmark\n# Made by `busmark generate zsh`.\n\n";
  write_zsh(program, program.name, text);
  // As a file of $fpath it is the function's body; sourced, it registers it.
  text +=
      "if [[ $funcstack[1] == _busmark ]]; then\n  _busmark \"$@\"\nelse\n"
      "  compdef _busmark busmark\nfi\n";
  return text;
}

std::string write_fish_completion(const CommandModel& program) {
  std::string text = kFishHead;
  write_fish(program, "", text);
  return text;
}

}  // namespace busmark

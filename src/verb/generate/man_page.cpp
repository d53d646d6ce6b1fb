// SPDX-License-Identifier: Apache-2.0
#include "verb/generate/man_page.hpp"

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace busmark {
namespace {

/// Text that man(7) prints as it is.
std::string roff(std::string_view text) {
  std::string escaped;
  bool at_start = true;
  for (const char letter : text) {
    if (at_start && (letter == '.' || letter == '\'')) escaped += "\\&";
    at_start = letter == '\n';
    if (letter == '\\') {
      escaped += "\\e";
    } else if (letter == '-') {
      escaped += "\\-";
    } else {
      escaped += letter;
    }
  }
  return escaped;
}

std::string in_bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string in_italics(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

std::string term(const Argument& argument) {
  if (argument.is_operand()) return in_italics(argument.placeholder());
  std::string text;
  if (!argument.short_name().empty()) text = in_bold("-" + argument.short_name());
  if (!argument.long_name().empty()) {
    if (!text.empty()) text += ", ";
    text += in_bold("--" + argument.long_name());
  }
  if (!argument.placeholder().empty()) text += " " + in_italics(argument.placeholder());
  return text;
}

std::string arguments_text(const Verb& verb) {
  std::string text;
  for (const bool positional : {true, false}) {
    for (const Argument& argument : verb.arguments) {
      if (argument.is_operand() != positional || argument.long_name() == "help") continue;
      text += fmt::format(".TP\n{}\n{}\n", term(argument), roff(argument.help));
    }
  }
  return text;
}

std::string synopsis(const Verb& verb, const std::string& path) {
  std::string text = in_bold(path) + " [" + in_italics("OPTIONS") + "]";
  if (!verb.verbs.empty()) text += " " + in_italics("SUBCOMMAND");
  for (const Argument& argument : verb.arguments) {
    if (!argument.is_operand()) continue;
    const std::string value =
        in_italics(argument.placeholder()) + (argument.repeats() ? " ..." : "");
    text += argument.rules.required ? " " + value : " [" + value + "]";
  }
  return text;
}

/// Paragraphs of a footer: a title that ends with a colon, and lines that keep their shape.
template <typename Use>
void each_paragraph(std::string_view footer, Use use) {
  while (!footer.empty()) {
    const std::size_t end = footer.find("\n\n");
    const std::string_view paragraph = footer.substr(0, end);
    footer.remove_prefix(end == std::string_view::npos ? footer.size() : end + 2);
    const std::size_t title = paragraph.find(":\n");
    if (title != std::string_view::npos)
      use(paragraph.substr(0, title), paragraph.substr(title + 2));
  }
}

std::string as_it_stands(std::string_view lines) {
  return fmt::format(".nf\n{}\n.fi\n", roff(lines));
}

void write_verb(const Verb& verb, const std::string& path, std::string& text) {
  text += fmt::format(".SS {}\n{}.\n.PP\n{}\n", roff(path), roff(verb.about), synopsis(verb, path));
  text += arguments_text(verb);
  each_paragraph(verb.footer, [&](std::string_view title, std::string_view lines) {
    text += fmt::format(".PP\n{}:\n{}", roff(title), as_it_stands(lines));
  });
  for (const Verb& part : verb.verbs) write_verb(part, path + " " + part.name, text);
}

/// Section titles of man pages.
std::string section(std::string_view title) {
  if (title == "Exit codes") return "EXIT STATUS";
  std::string text(title);
  for (char& letter : text) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return text;
}

}  // namespace

std::string write_man_page(const Verb& program, const std::string& version) {
  const std::string& about = program.about;
  const std::size_t colon = about.find(": ");
  std::string text = fmt::format(
      ".\\\" Made by `busmark generate man`.\n"
      ".TH BUSMARK 1 \"\" \"busmark {}\" \"User Commands\"\n"
      ".SH NAME\nbusmark \\- {}\n.SH SYNOPSIS\n{}\n.SH OPTIONS\n{}.SH COMMANDS\n",
      roff(version), roff(colon == std::string::npos ? about : about.substr(colon + 2)),
      synopsis(program, program.name), arguments_text(program));
  for (const Verb& verb : program.verbs) write_verb(verb, program.name + " " + verb.name, text);
  each_paragraph(program.footer + kExitCodes, [&](std::string_view title, std::string_view lines) {
    text += fmt::format(".SH {}\n{}", section(title), as_it_stands(lines));
  });
  return text;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/build_info.hpp"
#include "base/quote.hpp"
#include "cli/console.hpp"
#include "verb/documents.hpp"
#include "verb/generate/completion.hpp"
#include "verb/generate/man_page.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

std::string names_of_documents() {
  std::string names;
  for (const Document& document : kDocuments) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", document.name);
  }
  return names;
}

/// Behind the first comma for which the help has no room.
std::string in_two_lines(std::string text) {
  constexpr std::size_t kRoom = 45;
  if (const std::size_t comma = text.find(", ", kRoom); comma != std::string::npos) {
    text[comma + 1] = '\n';
  }
  return text;
}

std::string schema_of(const std::string& name) {
  for (const Document& document : kDocuments) {
    if (document.name == name) return document.schema();
  }
  throw SetupError(fmt::format("there is no document {}; a schema there is of {}", in_quotes(name),
                               names_of_documents()));
}

struct GenerateArguments {
  std::string what;
  std::string document;  ///< Empty: the first.
};

ExitCode generate_command(const GenerateArguments& arguments) {
  const std::string& what = arguments.what;
  if (!arguments.document.empty() && what != "schema") {
    throw SetupError(fmt::format("{} is too much behind {}; only of a schema there are several",
                                 in_quotes(arguments.document), in_quotes(what)));
  }
  const Verb program = whole_program();
  if (what == "bash") {
    print(write_bash_completion(program));
  } else if (what == "zsh") {
    print(write_zsh_completion(program));
  } else if (what == "fish") {
    print(write_fish_completion(program));
  } else if (what == "man") {
    print(write_man_page(program, build_info().version));
  } else if (what == "schema") {
    print(schema_of(arguments.document.empty() ? kDocuments.front().name : arguments.document));
  } else {
    throw SetupError(
        fmt::format("{} cannot be generated; use bash, zsh, fish, man or schema", in_quotes(what)));
  }
  return ExitCode::ok;
}

}  // namespace

Verb generate_verb() {
  const auto arguments = std::make_shared<GenerateArguments>();
  return {.name = "generate",
          .about = "Print completions for a shell, the man page or a schema",
          .arguments = {{"WHAT",
                         &arguments->what,
                         "",
                         "bash, zsh, fish, man or schema",
                         {.required = true, .may_be_empty = true}},
                        {"DOCUMENT", &arguments->document, "",
                         fmt::format("Which schema (default: {}), of those\n{}",
                                     kDocuments.front().name, in_two_lines(names_of_documents()))}},
          .run = [arguments] { return generate_command(*arguments); }};
}

}  // namespace busmark

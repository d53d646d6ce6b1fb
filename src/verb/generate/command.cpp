// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/build_info.hpp"
#include "base/quote.hpp"
#include "cli/console.hpp"
#include "verb/documents.hpp"
#include "verb/generate/model.hpp"
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

ExitCode generate_command(const CLI::App& app, const std::string& what,
                          const std::optional<std::string>& document) {
  if (document && what != "schema") {
    throw SetupError(fmt::format("{} is too much behind {}; only of a schema there are several",
                                 in_quotes(*document), in_quotes(what)));
  }
  const CommandModel program = model_of(app);
  if (what == "bash") {
    print(write_bash_completion(program));
  } else if (what == "zsh") {
    print(write_zsh_completion(program));
  } else if (what == "fish") {
    print(write_fish_completion(program));
  } else if (what == "man") {
    print(write_man_page(program, build_info().version));
  } else if (what == "schema") {
    print(schema_of(document.value_or(kDocuments.front().name)));
  } else {
    throw SetupError(
        fmt::format("{} cannot be generated; use bash, zsh, fish, man or schema", in_quotes(what)));
  }
  return ExitCode::ok;
}

}  // namespace

void add_generate_command(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("generate", "Print completions for a shell, the man page or a schema");
  const auto what = std::make_shared<std::string>();
  const auto document = std::make_shared<std::optional<std::string>>();
  command->add_option("WHAT", *what, "bash, zsh, fish, man or schema")->type_name("")->required();
  command
      ->add_option("DOCUMENT", *document,
                   fmt::format("Which schema (default: {}), of those\n{}", kDocuments.front().name,
                               in_two_lines(names_of_documents())))
      ->type_name("");
  command->callback([&app, what, document, &chosen] {
    chosen = [&app, what, document] { return generate_command(app, *what, *document); };
  });
}

}  // namespace busmark

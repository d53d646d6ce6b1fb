// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/build_info.hpp"
#include "base/quote.hpp"
#include "cli/console.hpp"
#include "verb/generate/model.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

ExitCode generate_command(const CLI::App& app, const std::string& what) {
  const CommandModel program = model_of(app);
  if (what == "bash") {
    print(write_bash_completion(program));
  } else if (what == "zsh") {
    print(write_zsh_completion(program));
  } else if (what == "fish") {
    print(write_fish_completion(program));
  } else if (what == "man") {
    print(write_man_page(program, build_info().version));
  } else {
    throw SetupError(
        fmt::format("{} cannot be generated; use bash, zsh, fish or man", in_quotes(what)));
  }
  return ExitCode::ok;
}

}  // namespace

void add_generate_command(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("generate", "Print a shell's completion script or the man page");
  const auto what = std::make_shared<std::string>();
  command->add_option("WHAT", *what, "bash, zsh, fish or man")->type_name("")->required();
  command->callback(
      [&app, what, &chosen] { chosen = [&app, what] { return generate_command(app, *what); }; });
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace busmark {

/// What a shell can offer for a value.
enum class ValueKind : std::uint8_t { none, file, config, folder };

/// An option, a flag or a positional.
struct ArgumentModel {
  std::string short_name;  ///< Without `-`; may be empty.
  std::string long_name;   ///< Without `--`; empty for positionals.
  std::string value;       ///< As the help names it, `FILE`; empty for flags.
  std::string about;
  bool required = false;
  bool repeats = false;

  [[nodiscard]] bool positional() const { return long_name.empty() && short_name.empty(); }
  [[nodiscard]] ValueKind kind() const;
};

/// A command as CLI11 parses it, for whatever is generated from the command line: completions and
/// the manual cannot know another one than the parser.
struct CommandModel {
  std::string name;
  std::string about;
  std::string footer;  ///< Of its help.
  std::vector<ArgumentModel> arguments;
  std::vector<CommandModel> commands;
};

[[nodiscard]] CommandModel model_of(const CLI::App& app);

/// Scripts that complete the command line, for the shell's folder of completions.
[[nodiscard]] std::string write_bash_completion(const CommandModel& program);
[[nodiscard]] std::string write_zsh_completion(const CommandModel& program);
[[nodiscard]] std::string write_fish_completion(const CommandModel& program);
/// Page of section 1 in man(7).
[[nodiscard]] std::string write_man_page(const CommandModel& program, const std::string& version);

}  // namespace busmark

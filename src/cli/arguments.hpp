// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "cli/exit_code.hpp"

namespace busmark {

/// What the program answers by itself, in place of a verb.
enum class Answer : std::uint8_t { help, version };

/// Where the value of an argument goes, which also says what it takes: a flag is set; of a text or
/// a number the last one counts; texts are collected.
using ArgumentTarget = std::variant<Answer, bool*, std::string*, std::filesystem::path*,
                                    std::vector<std::string>*, std::uint32_t*, double*>;

/// What a number may be, both ends included.
struct NumberRange {
  double least;
  double most;
  bool is_signed;       ///< As the help shows it: INT or UINT.
  std::string refusal;  ///< Behind the value, `is not a number of cores`; the help shows no range.
};

/// What is unusual about an argument.
struct ArgumentRules {
  bool required = false;
  bool may_be_empty = false;  ///< Else an empty text, as of an unset shell variable, is a mistake.
  bool takes_all = false;     ///< Of collected texts: all words up to the next option.
  std::vector<std::string> choices{};
  std::optional<NumberRange> range{};
  std::string excludes{};  ///< The option beside which it cannot stand.
};

template <typename Number>
[[nodiscard]] ArgumentRules within(Number least, Number most, std::string refusal = {}) {
  return {.range = NumberRange{static_cast<double>(least), static_cast<double>(most),
                               std::is_signed_v<Number>, std::move(refusal)}};
}

/// One thing that a verb takes: a row of its table.
struct Argument {
  std::string name;       ///< `--json`, `-h,--help`; an operand has no dash: `CONFIG`.
  ArgumentTarget target;  ///< Must outlive the command line's reading.
  std::string value;      ///< As the help names it, `FILE`; empty for flags and operands.
  std::string help;
  ArgumentRules rules{};

  [[nodiscard]] bool is_operand() const { return !name.starts_with('-'); }
  /// `json`; empty for operands.
  [[nodiscard]] std::string long_name() const;
  /// `h`; mostly empty.
  [[nodiscard]] std::string short_name() const;
  /// What stands for the value wherever it is shown; empty for flags.
  [[nodiscard]] const std::string& placeholder() const { return is_operand() ? name : value; }
  [[nodiscard]] bool repeats() const {
    return std::holds_alternative<std::vector<std::string>*>(target);
  }
};

/// What one word of the command line stands for: the program, a subcommand or a part of one.
struct Verb {
  std::string name;
  std::string about;
  std::vector<Argument> arguments{};
  std::function<ExitCode()> run{};  ///< Owns the targets. Empty: one of `verbs` has to follow.
  std::vector<Verb> verbs{};
  std::string footer{};  ///< Of its help, above the exit codes: paragraphs with a title.
};

/// Tables that verbs share, and their own rows, in the order of the help.
[[nodiscard]] std::vector<Argument> join(std::initializer_list<std::vector<Argument>> tables);

}  // namespace busmark

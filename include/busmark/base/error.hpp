// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace busmark {

/// The machine or the transport refuses what was asked: one sentence with what, where and the cure.
/// Thrown before any thread is started; the command line turns it into exit code 2.
class SetupError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One mistake in what the user wrote.
struct Diagnostic {
  std::string where;    ///< `file:line:column`, a flag, or `--set scenario.key`.
  std::string key;      ///< The key the mistake belongs to; empty when there is none.
  std::string message;  ///< What is wrong and what to write instead; no trailing full stop.

  [[nodiscard]] std::string text() const {
    return where + ": " + (key.empty() ? "" : key + ": ") + message;
  }
};

/// All mistakes of one config file or command line at once.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<Diagnostic> diagnostics)
      : std::runtime_error(join(diagnostics)), diagnostics_(std::move(diagnostics)) {}

  [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const noexcept { return diagnostics_; }

 private:
  static std::string join(const std::vector<Diagnostic>& diagnostics) {
    std::string text;
    for (const auto& diagnostic : diagnostics) {
      if (!text.empty()) text += '\n';
      text += diagnostic.text();
    }
    return text;
  }

  std::vector<Diagnostic> diagnostics_;
};

}  // namespace busmark

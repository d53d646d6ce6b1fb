// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "base/file_descriptor.hpp"

namespace busmark {

/// What guarded code says to the process that waits for it.
class GuardSteps {
 public:
  static constexpr std::size_t kLongestStep = 63;

  GuardSteps(int pipe, char* step) noexcept : pipe_(pipe), step_(step) {}
  /// What comes next, in the words of a message: `push`. Costs no more than a copy of the text.
  void begin(std::string_view step) const noexcept;
  /// What went wrong, a line each.
  void say(const std::string& finding) const noexcept;
  /// What is to be known all the same, a line each.
  void note(const std::string& text) const noexcept;

 private:
  void send(char kind, const std::string& text) const noexcept;
  int pipe_;
  char* step_;  ///< kLongestStep + 1 bytes that both processes see.
};

/// How guarded code has ended.
struct GuardResult {
  std::string step;                   ///< The last one that it began.
  std::vector<std::string> findings;  ///< What it said was wrong.
  std::vector<std::string> notes;
  /// `crashes (SIGSEGV)`, `blocks for longer than 5s`, `ends the process (exit code 3)`; empty: it
  /// came to its end.
  std::string fault;
};

/// Runs `work` in a process of its own, forked from this one, which must have no other thread. It
/// inherits all that is there and changes nothing here; when it has not ended in time, or this
/// process ends, it is killed with whatever belongs to its process group. What it throws becomes a
/// fault: `throws "what"`. Its output on standard files is dropped. Throws SetupError when it
/// cannot be started.
[[nodiscard]] GuardResult run_guarded(const std::function<void(const GuardSteps&)>& work,
                                      Nanoseconds at_most);

}  // namespace busmark

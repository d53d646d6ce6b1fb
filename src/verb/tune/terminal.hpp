// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace busmark {

/// The terminal in the hands of a program that is steered by single keys and redraws its picture:
/// keys come at once and are not echoed, the picture stands on the alternate screen where there is
/// one. Everything is put back by the destructor, before the process leaves at once at a second
/// interrupt, and while it is stopped (Ctrl-Z); Ctrl-C stays an interrupt. SIGKILL alone leaves the
/// terminal as it is, which `reset` cures. One at a time.
class KeyTerminal {
 public:
  /// `keys`: standard input is to give keys; `screen`: standard output is to be drawn on. Without
  /// either it does nothing.
  KeyTerminal(bool keys, bool screen);
  ~KeyTerminal();
  KeyTerminal(const KeyTerminal&) = delete;
  KeyTerminal& operator=(const KeyTerminal&) = delete;

  /// Lines in place of those drawn before.
  void draw(const std::string& lines) const;
  /// Whether the process was stopped since it was asked last.
  [[nodiscard]] bool was_stopped() const;

  struct Size {
    std::size_t columns = 80;
    std::size_t rows = 24;
  };
  /// Asked anew each time: the window may have been resized.
  [[nodiscard]] static Size size();
  /// Whether standard input is a terminal that keys may be taken from: not dumb, and ours now.
  [[nodiscard]] static bool has_keys();

 private:
  bool keys_;
  bool screen_;
};

/// What standard input holds now, without waiting.
class PendingInput {
 public:
  /// Empty when there is nothing, or nothing any more.
  [[nodiscard]] std::string read();

 private:
  bool over_ = false;
};

}  // namespace busmark

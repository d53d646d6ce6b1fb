// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

#include "engine/phase.hpp"

namespace busmark {

/// From here on SIGINT, SIGTERM and SIGHUP set the returned flag; the second of them leaves at once
/// with exit code 130. A SIGHUP that was ignored (nohup) stays ignored. One flag for the process.
[[nodiscard]] const StopFlag& catch_interrupts();

/// What the second of them calls before it leaves, to put the terminal back; null: nothing. It must
/// be safe in a signal handler.
void before_leaving_at_once(void (*restore)() noexcept);

/// While it lives these signals wait, so that none of them can cut a file in two.
class HoldInterrupts {
 public:
  HoldInterrupts();
  ~HoldInterrupts();
  HoldInterrupts(const HoldInterrupts&) = delete;
  HoldInterrupts& operator=(const HoldInterrupts&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace busmark

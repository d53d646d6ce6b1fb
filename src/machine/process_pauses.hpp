// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <cstdint>

namespace busmark {

/// Counts how often the whole process is sent SIGCONT, as after SIGSTOP, SIGTSTP or a debugger's
/// job control, for as long as it lives; one at a time. Leaves a SIGCONT that somebody else handles
/// to them, and then counts nothing. Its handler touches one atomic number.
class PauseCounter {
 public:
  PauseCounter() noexcept;
  ~PauseCounter();
  PauseCounter(const PauseCounter&) = delete;
  PauseCounter& operator=(const PauseCounter&) = delete;

 private:
  struct sigaction before_ {};
  bool installed_ = false;
};

/// How often the process was continued while a PauseCounter lived. Any thread.
[[nodiscard]] std::uint64_t process_pauses() noexcept;

}  // namespace busmark

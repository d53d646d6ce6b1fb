// SPDX-License-Identifier: Apache-2.0
#include "machine/process_pauses.hpp"

#include <atomic>

namespace busmark {
namespace {

std::atomic<std::uint64_t> pauses{0};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);  // a signal handler's condition

extern "C" void count_pause(int /*signal*/) { pauses.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

PauseCounter::PauseCounter() noexcept {
  struct sigaction now {};
  if (sigaction(SIGCONT, nullptr, &before_) != 0 || before_.sa_handler != SIG_DFL) return;
  now.sa_handler = count_pause;
  now.sa_flags = SA_RESTART;
  sigemptyset(&now.sa_mask);
  installed_ = sigaction(SIGCONT, &now, nullptr) == 0;
}

PauseCounter::~PauseCounter() {
  if (installed_) sigaction(SIGCONT, &before_, nullptr);
}

std::uint64_t process_pauses() noexcept { return pauses.load(std::memory_order_relaxed); }

}  // namespace busmark

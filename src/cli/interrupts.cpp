// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupts.hpp"

#include <unistd.h>

#include <array>
#include <atomic>

#include "cli/exit_code.hpp"

namespace busmark {
namespace {

constexpr std::array kInterrupts{SIGINT, SIGTERM, SIGHUP};

StopFlag stop_requested{false};
std::atomic<void (*)() noexcept> restore_first{nullptr};
static_assert(std::atomic<void (*)() noexcept>::is_always_lock_free);
static_assert(StopFlag::is_always_lock_free);  // or a signal handler must not touch it

extern "C" void on_interrupt(int) {
  if (stop_requested.raise()) {
    if (auto* restore = restore_first.load()) restore();
    _exit(static_cast<int>(ExitCode::interrupted));
  }
  constexpr char kText[] = "\nbusmark: finishing; interrupt again to leave at once\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kText, sizeof kText - 1);
}

}  // namespace

const StopFlag& catch_interrupts() {
  for (const int signal : kInterrupts) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (signal == SIGHUP && action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = on_interrupt;
    sigaction(signal, &action, nullptr);
  }
  return stop_requested;
}

void before_leaving_at_once(void (*restore)() noexcept) { restore_first.store(restore); }

HoldInterrupts::HoldInterrupts() {
  sigset_t held;
  sigemptyset(&held);
  for (const int signal : kInterrupts) sigaddset(&held, signal);
  pthread_sigmask(SIG_BLOCK, &held, &before_);
}

HoldInterrupts::~HoldInterrupts() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace busmark

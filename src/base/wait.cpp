// SPDX-License-Identifier: Apache-2.0
#include "busmark/base/wait.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace busmark {
namespace {

std::uint32_t* futex_word(std::atomic<std::uint32_t>& word) noexcept {
  static_assert(sizeof(word) == sizeof(std::uint32_t) &&
                std::atomic<std::uint32_t>::is_always_lock_free);
  return reinterpret_cast<std::uint32_t*>(&word);
}

}  // namespace

std::string_view to_string(WaitStrategy wait) noexcept {
  switch (wait) {
    case WaitStrategy::spin: return "spin";
    case WaitStrategy::yield: return "yield";
    case WaitStrategy::park: return "park";
  }
  return "unknown";
}

void EventCount::wait(Key key, Nanoseconds timeout) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec limit{.tv_sec = static_cast<time_t>(seconds.count()),
                       .tv_nsec = static_cast<long>((timeout - seconds).count())};
  syscall(SYS_futex, futex_word(epoch_), FUTEX_WAIT_PRIVATE, key, &limit, nullptr, 0);
  cancel_wait();
}

void EventCount::wake() noexcept {
  epoch_.fetch_add(1, std::memory_order_release);  // pairs with the acquire in prepare_wait()
  syscall(SYS_futex, futex_word(epoch_), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace busmark

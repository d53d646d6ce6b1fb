// SPDX-License-Identifier: Apache-2.0
#include "engine/phase.hpp"

namespace busmark {

bool StartGate::arrive_and_wait() noexcept {
  arrived_.fetch_add(1, std::memory_order_release);  // pairs with the acquire in wait_for()
  arrived_.notify_all();
  // Acquire pairs with the release in open(): the window is complete. Sleeping is right here, for
  // several workers may share a core; the window starts a millisecond after the gate opens.
  state_.wait(State::closed, std::memory_order_acquire);
  return state_.load(std::memory_order_acquire) == State::open;
}

void StartGate::wait_for(std::uint32_t workers) noexcept {
  for (std::uint32_t seen = arrived_.load(std::memory_order_acquire); seen < workers;
       seen = arrived_.load(std::memory_order_acquire)) {
    arrived_.wait(seen, std::memory_order_acquire);
  }
}

void StartGate::open(const Window& window) noexcept {
  window_ = window;
  state_.store(State::open, std::memory_order_release);
  state_.notify_all();
}

void StartGate::cancel() noexcept {
  state_.store(State::cancelled, std::memory_order_release);
  state_.notify_all();
}

}  // namespace busmark

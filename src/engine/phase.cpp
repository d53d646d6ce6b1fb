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

WindowBoard::Reader::Reader(WindowBoard& board, Window& own) : board_(board), own_(&own) {
  const std::scoped_lock lock(board_.mutex_);
  *own_ = board_.window_;
  board_.readers_.push_back(own_);
}

WindowBoard::Reader::~Reader() {
  const std::scoped_lock lock(board_.mutex_);
  std::erase(board_.readers_, own_);
}

void WindowBoard::post(const Window& window) {
  const std::scoped_lock lock(mutex_);
  window_ = window;
  for (Window* own : readers_) *own = window_;
}

Window WindowBoard::window() const {
  const std::scoped_lock lock(mutex_);
  return window_;
}

bool WindowBoard::bring_forward(const Clock& clock, std::int64_t lead) {
  const std::scoped_lock lock(mutex_);
  const std::int64_t now = clock.now();
  const std::int64_t earlier = window_.measure - (now + lead);
  if (earlier <= 0) return true;
  for (Moment* moment : {&window_.measure, &window_.end, &window_.give_up}) {
    *moment = *moment - earlier;
  }
  // Until the window begins nobody minds of which part he hears first.
  for (Window* own : readers_) *own = window_;
  return clock.now() - now < lead / 2;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "engine/live_progress.hpp"

namespace busmark {

void LiveProgress::begin_run(std::uint32_t scenarios, Nanoseconds planned) {
  const std::scoped_lock lock(mutex_);
  state_.scenarios = scenarios;
  state_.planned = planned;
}

void LiveProgress::begin_scenario(const std::string& name, std::uint32_t position,
                                  std::uint32_t repetitions) {
  const std::scoped_lock lock(mutex_);
  state_.scenario = name;
  state_.position = position;
  state_.repetitions = repetitions;
}

void LiveProgress::expect_repetitions(std::uint32_t repetitions) {
  const std::scoped_lock lock(mutex_);
  state_.repetitions = repetitions;
}

void LiveProgress::begin_repetition(std::uint32_t repetition) {
  {
    const std::scoped_lock lock(mutex_);
    state_.repetition = repetition;
  }
  if (on_pause_) on_pause_();
}

void LiveProgress::show_window(std::span<const Progress> consumers, const Window& window,
                               std::uint32_t copies) {
  const std::scoped_lock lock(mutex_);
  copies_ = copies;
  consumers_ = consumers;
  window_ = window;
}

void LiveProgress::begin_window(std::span<const Progress> consumers, const Window& window,
                                std::uint32_t copies) {
  show_window(consumers, window, copies);
  if (observer_ != nullptr) observer_->window_agreed(window, consumers, copies);
}

void LiveProgress::end_repetition() {
  if (observer_ != nullptr) observer_->repetition_over();
  const std::scoped_lock lock(mutex_);
  consumers_ = {};
}

ProgressSnapshot LiveProgress::snapshot() const {
  const std::scoped_lock lock(mutex_);
  ProgressSnapshot snapshot = state_;
  const std::int64_t now = clock_.now();
  snapshot.elapsed = clock_.duration(now - start_);
  if (consumers_.empty()) {
    snapshot.phase = "set-up";
  } else if (now < window_.measure) {
    snapshot.phase = "warm-up";
  } else {
    snapshot.phase = now < window_.end ? "measure" : "drain";
  }
  for (const Progress& consumer : consumers_) snapshot.received += consumer.get();
  snapshot.received /= copies_;
  return snapshot;
}

}  // namespace busmark

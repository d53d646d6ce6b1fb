// SPDX-License-Identifier: Apache-2.0
#include "verb/profile/counters.hpp"

#include <algorithm>
#include <limits>
#include <system_error>

#include "machine/affinity.hpp"
#include "machine/probe/gap_probe.hpp"

namespace busmark {

WindowCounters::~WindowCounters() {
  if (watcher_.joinable()) repetition_over();
}

void WindowCounters::threads_ready(std::span<const pid_t> threads) {
  threads_.assign(threads.begin(), threads.end());
  if (!counts_) return;
  counters_.reserve(threads_.size());
  for (const pid_t thread : threads_) counters_.emplace_back(thread);
}

void WindowCounters::window_agreed(const Window& window, std::span<const Progress> receivers,
                                   std::uint32_t copies) {
  window_ = window;
  receivers_ = receivers;
  copies_ = std::max(copies, 1U);
  begun_ = anchor();
  is_over_ = false;
  if (!counts_) return;
  try {
    watcher_ = std::thread([this] { watch(); });
  } catch (const std::system_error&) {
    // The threads are off and are not to be stopped for it; compare() says what is missing.
  }
}

void WindowCounters::repetition_over() {
  if (watcher_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    over_.notify_one();
    watcher_.join();
  }
  const Anchor ended = anchor();
  const std::int64_t end = std::min<std::int64_t>(window_.end, ended.ticks);
  if (begun_.ticks != 0 && end > window_.measure) {
    // The kernel may correct its clock meanwhile; between two anchors that is accounted for.
    const double ns_per_tick = static_cast<double>((ended.monotonic - begun_.monotonic).count()) /
                               static_cast<double>(ended.ticks - begun_.ticks);
    const auto at = [&](std::int64_t ticks) {
      return begun_.monotonic + Nanoseconds(static_cast<std::int64_t>(
                                    static_cast<double>(ticks - begun_.ticks) * ns_per_tick));
    };
    CountedWindow& counted = windows_.emplace_back();
    counted.begin = at(window_.measure);
    counted.end = at(end);
    counted.threads = threads_;
    compare(counted);
  }
  counters_.clear();
  first_.reset();
  last_.reset();
  begun_ = {};
}

void WindowCounters::compare(CountedWindow& window) const {
  for (const ThreadCounters& counters : counters_) {
    window.user_only = window.user_only || counters.user_only();
    for (std::size_t event = 0; event < kPerfEvents; ++event) {
      std::string& known = window.problems[event];
      if (known.empty()) known = counters.problem(static_cast<PerfEvent>(event));
    }
  }
  if (!first_ || !last_) {
    if (counts_)
      window.problems.fill("the thread that reads it had no turn while the window lasted");
    return;
  }
  window.counted = clock_.duration(last_->ticks - first_->ticks);
  window.messages = (last_->messages - first_->messages) / copies_;
  for (std::size_t thread = 0; thread < counters_.size(); ++thread) {
    ThreadIncrease& increase = window.counts.emplace_back();
    for (std::size_t event = 0; event < kPerfEvents; ++event) {
      const auto& before = first_->threads[thread][event];
      const auto& after = last_->threads[thread][event];
      if (!before || !after) continue;
      increase[event] = increase_between(*before, *after);
      if (!increase[event] && window.problems[event].empty()) {
        window.problems[event] =
            "its turn never came: more events are counted than the processor has counters";
      }
    }
  }
}

WindowCounters::Anchor WindowCounters::anchor() const noexcept {
  Anchor best;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  constexpr int kTries = 5;  // one of them is not interrupted
  for (int i = 0; i < kTries; ++i) {
    const std::int64_t before = clock_.now();
    const Nanoseconds monotonic = monotonic_now();
    const std::int64_t took = clock_.now() - before;
    if (took >= least) continue;
    least = took;
    best = {before + took / 2, monotonic};
  }
  return best;
}

WindowCounters::Reading WindowCounters::read() const {
  Reading reading;
  reading.ticks = clock_.now();
  for (const Progress& receiver : receivers_) reading.messages += receiver.get();
  for (const ThreadCounters& thread : counters_) reading.threads.push_back(thread.read());
  return reading;
}

bool WindowCounters::sleep_until(std::int64_t ticks) {
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    const Nanoseconds left = clock_.duration(ticks - clock_.now());
    if (left <= Nanoseconds{0}) return true;
    over_.wait_for(lock, left);
  }
  return false;
}

void WindowCounters::watch() {
  name_this_thread("counter-watch");
  if (!sleep_until(window_.measure)) return;
  first_ = read();
  // Interrupted or not: what was counted until then is what there is.
  (void)sleep_until(window_.end);
  last_ = read();
}

}  // namespace busmark

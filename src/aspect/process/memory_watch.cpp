// SPDX-License-Identifier: Apache-2.0
#include "aspect/process/memory_watch.hpp"

#include <algorithm>

#include "engine/repetition_plan.hpp"
#include "machine/memory_usage.hpp"

namespace busmark {
namespace {

std::optional<std::uint64_t> rss_in_bytes() {
  const std::optional<ByteCount> rss = read_rss();
  return rss ? std::optional(rss->bytes) : std::nullopt;
}

class MemoryObserver final : public Observer {
 public:
  explicit MemoryObserver(const Clock& clock) : clock_(clock) {}

  void window_fixed(const Window& window) override {
    next_ = window.measure - clock_.to_ticks(MemoryWatch::kAhead);
  }
  [[nodiscard]] std::int64_t next_tick() const override { return next_; }
  void tick() override {
    watch_.emplace();
    next_ = kNever;
  }
  void messages_over(Running& run) override {
    if (next_ != kNever) tick();  // over before it began
    if (watch_) memory_ = watch_->finish(run.kept.bytes);
  }
  void finished(const RawRepetition& /*raw*/, RepetitionResult& result) override {
    result.memory = memory_;
  }

 private:
  Clock clock_;
  std::int64_t next_ = kNever;
  std::optional<MemoryWatch> watch_;
  std::optional<MemoryResult> memory_;
};

}  // namespace

std::unique_ptr<Observer> observe_memory(const RepetitionPlan& plan) {
  if (!watches_memory(plan.scenario.budget)) return nullptr;
  return std::make_unique<MemoryObserver>(plan.clock);
}

MemoryWatch::MemoryWatch() : before_(rss_in_bytes()), peak_is_ours_(forget_peak_rss()) {}

MemoryResult MemoryWatch::finish(std::uint64_t own) const {
  MemoryResult result{.before = before_, .after = rss_in_bytes(), .peak = {}, .own = own};
  const std::optional<ByteCount> peak = read_peak_rss();
  if (!peak_is_ours_ || !peak) return result;
  // The kernel's figure is some pages off, and a peak is never below what was there.
  result.peak = std::max({peak->bytes, result.before.value_or(0), result.after.value_or(0)});
  return result;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "aspect/tail/result.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "engine/repetition_plan.hpp"
#include "record/message_flow.hpp"

namespace busmark {
namespace {

/// A fault that only maps memory; taken high, so that few of them explain nothing.
constexpr Nanoseconds kMinorFault = std::chrono::microseconds(1);

/// The threads between a producer and a receiver. Where others stand between them, as responders
/// and the stages of a pipeline do, any of these may.
std::vector<NamedThread> threads_between(const Scenario& scenario, std::uint32_t producer,
                                         std::uint32_t receiver) {
  std::vector<NamedThread> threads{{producer, fmt::format("producer {}", producer)}};
  const bool direct = MessageFlow(scenario).legs() == 1 && receiver < scenario.consumers;
  for (std::uint32_t i = 0; i < scenario.consumers; ++i) {
    if (direct && i != receiver) continue;
    threads.push_back({scenario.producers + i, fmt::format("consumer {}", i)});
  }
  return threads;
}

/// Counters of the kernel have been seen to step back after a guest was moved.
template <typename Value>
Value increase(Value before, Value after) noexcept {
  return after > before ? after - before : Value{};
}

template <typename Value>
void add_increase(std::optional<Value>& sum, Value before, Value after) {
  sum = sum.value_or(Value{}) + increase(before, after);
}

}  // namespace

SlowCause cause_of(const SlowEvent& event) noexcept {
  const SlowEvidence& evidence = event.evidence;
  const Nanoseconds half = event.response / 2;
  if (event.broken) return SlowCause::fault;
  if (evidence.pauses != 0 && evidence.unread > half) return SlowCause::stopped;
  if (evidence.stolen.value_or(Nanoseconds{}) > half) return SlowCause::host;
  if (evidence.waited.value_or(Nanoseconds{}) > half) return SlowCause::preempted;
  const auto minor = static_cast<std::int64_t>(evidence.minor_faults.value_or(0));
  if (evidence.major_faults.value_or(0) != 0 || minor * kMinorFault > half) {
    return SlowCause::page_faults;
  }
  return event.held > half ? SlowCause::sent_late : SlowCause::unknown;
}

SlowEvidence evidence_between(std::span<const KernelMoment> moments,
                              std::span<const NamedThread> threads, std::int64_t begin,
                              std::int64_t end, const Clock& clock) {
  auto first = std::partition_point(moments.begin(), moments.end(),
                                    [&](const auto& moment) { return moment.end <= begin; });
  if (first != moments.begin()) --first;
  auto last = std::partition_point(first, moments.end(),
                                   [&](const auto& moment) { return moment.begin < end; });
  if (last == moments.end()) --last;
  SlowEvidence evidence;
  evidence.span = clock.duration(last->end - first->begin);
  evidence.pauses = last->pauses - first->pauses;
  for (auto one = first; one != last; ++one) {
    evidence.unread = std::max(evidence.unread, clock.duration((one + 1)->begin - one->end));
  }
  for (const NamedThread& thread : threads) {
    const std::optional<ThreadCounts>& before = first->threads[thread.place];
    const std::optional<ThreadCounts>& after = last->threads[thread.place];
    if (!before || !after) continue;
    add_increase(evidence.turns, before->turns, after->turns);
    add_increase(evidence.minor_faults, before->minor_faults, after->minor_faults);
    add_increase(evidence.major_faults, before->major_faults, after->major_faults);
    const Nanoseconds waited = increase(before->waited, after->waited);
    if (waited > evidence.waited.value_or(Nanoseconds{})) evidence.waiter = thread.name;
    evidence.waited = std::max(evidence.waited.value_or(Nanoseconds{}), waited);
  }
  for (std::size_t i = 0; i < first->cores.size(); ++i) {
    const CoreCounts& before = first->cores[i];
    const CoreCounts& after = last->cores[i];
    if (before.stolen && after.stolen) add_increase(evidence.stolen, *before.stolen, *after.stolen);
    if (before.interrupts && after.interrupts) {
      add_increase(evidence.interrupts, *before.interrupts, *after.interrupts);
    }
  }
  return evidence;
}

namespace {

/// Adds it up. Pure.
SlowResult assemble_slow(const RepetitionPlan& plan, const RawRepetition& raw,
                         std::span<const KernelMoment> moments) {
  SlowResult result;
  result.over = plan.scenario.slow_over;
  const MessageFlow::Range final = MessageFlow(plan.scenario).final_receivers();
  for (std::uint32_t r = final.first; r < final.end; ++r) {
    const SlowEpisodes& slow = raw.receivers[r]->slow;
    result.messages += slow.messages();
    result.episodes += slow.episodes();
    for (const SlowEpisode& episode : slow.worst()) {
      SlowEvent event{.begin = plan.clock.duration(episode.begin - raw.window.measure),
                      .end = plan.clock.duration(episode.end - raw.window.measure),
                      .messages = episode.messages,
                      .response = plan.clock.duration(episode.worst.response()),
                      .held = plan.clock.duration(episode.worst.sent - episode.worst.due),
                      .producer = episode.worst.producer,
                      .sequence = episode.worst.sequence,
                      .receiver = r,
                      .evidence = {}};
      const SlowMessage& worst = episode.worst;
      event.evidence = evidence_between(moments, threads_between(plan.scenario, worst.producer, r),
                                        worst.due, worst.received, plan.clock);
      // A wrong bit slows nothing.
      event.broken = raw.fault && !is_done_to_payloads(plan.scenario.fault->kind) &&
                     worst.received > raw.fault->begun && worst.due < raw.fault->over;
      event.cause = cause_of(event);
      result.worst.push_back(std::move(event));
    }
  }
  std::stable_sort(result.worst.begin(), result.worst.end(),
                   [](const auto& a, const auto& b) { return a.response > b.response; });
  if (result.worst.size() > SlowResult::kKept) result.worst.resize(SlowResult::kKept);
  return result;
}

class KernelObserver final : public Observer {
 public:
  explicit KernelObserver(const RepetitionPlan& plan) : plan_(plan) {}

  void threads_ready(Running& run) override {
    const Scenario& scenario = plan_.scenario;
    const MessageFlow::Range final = MessageFlow(scenario).final_receivers();
    for (std::uint32_t r = final.first; r < final.end; ++r) {
      run.raw.receivers[r]->slow.arm(plan_.clock.to_ticks(scenario.slow_over));
    }
    watch_.emplace(plan_.clock, run.raw.threads, measured_cores(plan_),
                   scenario.warmup + scenario.duration);
  }
  void messages_over(Running& /*run*/) override { moments_ = watch_->finish(); }
  void finished(const RawRepetition& raw, RepetitionResult& result) override {
    result.slow = assemble_slow(plan_, raw, moments_);
  }

 private:
  const RepetitionPlan& plan_;
  std::optional<KernelWatch> watch_;
  std::vector<KernelMoment> moments_;
};

}  // namespace

std::unique_ptr<Observer> observe_kernel(const RepetitionPlan& plan) {
  if (plan.scenario.slow_over <= Nanoseconds(0)) return nullptr;
  return std::make_unique<KernelObserver>(plan);
}

}  // namespace busmark

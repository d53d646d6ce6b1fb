// SPDX-License-Identifier: Apache-2.0
#include "busmark/engine/slow_result.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "busmark/engine/message_flow.hpp"
#include "busmark/engine/repetition_plan.hpp"

namespace busmark {
namespace {

/// A fault that only maps memory; taken high, so that few of them explain nothing.
constexpr Nanoseconds kMinorFault = std::chrono::microseconds(1);

std::vector<std::string> thread_roles(const Scenario& scenario) {
  std::vector<std::string> roles;
  for (std::uint32_t i = 0; i < scenario.producers; ++i)
    roles.push_back(fmt::format("producer {}", i));
  for (std::uint32_t i = 0; i < scenario.consumers; ++i)
    roles.push_back(fmt::format("consumer {}", i));
  return roles;
}

std::vector<CpuId> cores_of(const RepetitionPlan& plan) {
  std::vector<CpuId> cores = plan.producer_cpus;
  cores.insert(cores.end(), plan.consumer_cpus.begin(), plan.consumer_cpus.end());
  std::sort(cores.begin(), cores.end());
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  return cores;
}

/// Counters of the kernel have been seen to step back after a guest was moved.
template <typename Value>
Value increase(Value before, Value after) noexcept {
  return after > before ? after - before : Value{};
}

template <typename Value>
void add_increase(std::optional<Value>& sum, const std::optional<Value>& before,
                  const std::optional<Value>& after) {
  if (before && after) sum = sum.value_or(Value{}) + increase(*before, *after);
}

}  // namespace

std::string_view to_string(SlowCause cause) noexcept {
  switch (cause) {
    case SlowCause::stopped: return "stopped";
    case SlowCause::host: return "host";
    case SlowCause::preempted: return "preempted";
    case SlowCause::page_faults: return "page faults";
    case SlowCause::sent_late: return "sent late";
    case SlowCause::unknown: break;
  }
  return "unknown";
}

SlowCause cause_of(const SlowEvent& event) noexcept {
  const SlowEvidence& evidence = event.evidence;
  const Nanoseconds half = event.response / 2;
  if (evidence.pauses != 0) return SlowCause::stopped;
  if (evidence.stolen && *evidence.stolen > half) return SlowCause::host;
  if (evidence.waited > half) return SlowCause::preempted;
  const auto minor = static_cast<std::int64_t>(evidence.minor_faults);
  if (evidence.major_faults != 0 || minor * kMinorFault > half) return SlowCause::page_faults;
  return event.held > half ? SlowCause::sent_late : SlowCause::unknown;
}

SlowEvidence evidence_between(std::span<const KernelMoment> moments,
                              std::span<const std::string> roles, std::int64_t begin,
                              std::int64_t end, const Clock& clock) {
  const auto by_time = [](const KernelMoment& moment, std::int64_t ticks) {
    return moment.ticks < ticks;
  };
  auto first = std::lower_bound(moments.begin(), moments.end(), begin, by_time);
  if (first != moments.begin()) --first;
  auto last = std::lower_bound(moments.begin(), moments.end(), end, by_time);
  if (last == moments.end()) --last;
  SlowEvidence evidence;
  evidence.span = clock.duration(last->ticks - first->ticks);
  evidence.pauses = last->pauses - first->pauses;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const ThreadCounts& before = first->threads[i];
    const ThreadCounts& after = last->threads[i];
    evidence.turns += increase(before.turns, after.turns);
    evidence.minor_faults += increase(before.minor_faults, after.minor_faults);
    evidence.major_faults += increase(before.major_faults, after.major_faults);
    const Nanoseconds waited = increase(before.waited, after.waited);
    if (waited > evidence.waited) {
      evidence.waited = waited;
      evidence.waiter = roles[i];
    }
  }
  for (std::size_t i = 0; i < first->cores.size(); ++i) {
    add_increase(evidence.stolen, first->cores[i].stolen, last->cores[i].stolen);
    add_increase(evidence.interrupts, first->cores[i].interrupts, last->cores[i].interrupts);
  }
  return evidence;
}

void arm_slow_episodes(const RepetitionPlan& plan, const RawRepetition& raw) {
  const MessageFlow::Range final = MessageFlow(plan.scenario).final_receivers();
  for (std::uint32_t r = final.first; r < final.end; ++r) {
    raw.receivers[r]->slow.arm(plan.clock.to_ticks(plan.scenario.slow_over));
  }
}

std::unique_ptr<KernelWatch> watch_kernel(const RepetitionPlan& plan, const RawRepetition& raw) {
  if (plan.scenario.slow_over <= Nanoseconds(0)) return nullptr;
  return std::make_unique<KernelWatch>(plan.clock, raw.threads, cores_of(plan),
                                       plan.scenario.warmup + plan.scenario.duration);
}

SlowResult assemble_slow(const RepetitionPlan& plan, const RawRepetition& raw) {
  SlowResult result;
  result.over = plan.scenario.slow_over;
  const std::vector<std::string> roles = thread_roles(plan.scenario);
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
      if (!raw.kernel.empty()) {
        event.evidence =
            evidence_between(raw.kernel, roles, episode.begin, episode.end, plan.clock);
      }
      event.cause = cause_of(event);
      result.worst.push_back(std::move(event));
    }
  }
  std::stable_sort(result.worst.begin(), result.worst.end(),
                   [](const auto& a, const auto& b) { return a.response > b.response; });
  if (result.worst.size() > SlowResult::kKept) result.worst.resize(SlowResult::kKept);
  return result;
}

}  // namespace busmark

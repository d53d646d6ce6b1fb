// SPDX-License-Identifier: Apache-2.0
#include "verb/profile/judge.hpp"

#include <algorithm>
#include <span>

#include "stat/statistics.hpp"

namespace busmark {
namespace {

constexpr auto kCycles = static_cast<std::size_t>(PerfEvent::cycles);
constexpr auto kInstructions = static_cast<std::size_t>(PerfEvent::instructions);
constexpr auto kTaskClock = static_cast<std::size_t>(PerfEvent::task_clock);

std::optional<CounterFigure> figure_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return CounterFigure{median(values), *std::min_element(values.begin(), values.end()),
                       *std::max_element(values.begin(), values.end())};
}

/// Of all threads; empty where one of them was not counted.
std::optional<double> sum_of(std::span<const ThreadIncrease> threads, std::size_t event) {
  double sum = 0;
  for (const ThreadIncrease& thread : threads) {
    if (!thread[event]) return std::nullopt;
    sum += thread[event]->count;
  }
  return sum;
}

/// Figures of the threads from `first` to `end` in all windows.
RoleCounters role_counters(const char* role, const std::vector<CountedWindow>& windows,
                           std::size_t first, std::size_t end) {
  RoleCounters result{.role = role,
                      .threads = end - first,
                      .per_message = {},
                      .instructions_per_cycle = {},
                      .on_core = {}};
  std::array<std::vector<double>, kPerfEvents> per_message;
  std::vector<double> instructions_per_cycle;
  std::vector<double> on_core;
  for (const CountedWindow& window : windows) {
    const auto threads = std::span(window.counts).subspan(first, end - first);
    std::array<std::optional<double>, kPerfEvents> sums;
    for (std::size_t event = 0; event < kPerfEvents; ++event) {
      sums[event] = sum_of(threads, event);
      if (!sums[event]) continue;
      per_message[event].push_back(*sums[event] / static_cast<double>(window.messages));
    }
    if (sums[kCycles] && sums[kInstructions] && *sums[kCycles] > 0) {
      instructions_per_cycle.push_back(*sums[kInstructions] / *sums[kCycles]);
    }
    const double wall =
        static_cast<double>(window.counted.count()) * static_cast<double>(threads.size());
    if (sums[kTaskClock] && wall > 0) on_core.push_back(std::min(1.0, *sums[kTaskClock] / wall));
  }
  for (std::size_t event = 0; event < kPerfEvents; ++event) {
    result.per_message[event] = figure_of(per_message[event]);
  }
  result.instructions_per_cycle = figure_of(instructions_per_cycle);
  result.on_core = figure_of(on_core);
  return result;
}

}  // namespace

CounterSummary summarise_counters(const std::vector<CountedWindow>& windows,
                                  std::uint32_t producers, bool operation) {
  CounterSummary summary;
  summary.counted.fill(1);
  std::vector<CountedWindow> usable;
  for (const CountedWindow& window : windows) {
    summary.user_only = summary.user_only || window.user_only;
    for (std::size_t event = 0; event < kPerfEvents; ++event) {
      if (summary.problems[event].empty()) summary.problems[event] = window.problems[event];
    }
    if (window.messages == 0 || window.counts.empty() ||
        window.counts.size() < (operation ? 1 : producers)) {
      continue;
    }
    usable.push_back(window);
    ++summary.repetitions;
    summary.messages += window.messages;
    summary.time += window.counted;
    for (const ThreadIncrease& thread : window.counts) {
      for (std::size_t event = 0; event < kPerfEvents; ++event) {
        if (!thread[event]) continue;
        summary.counted[event] = std::min(summary.counted[event], thread[event]->counted);
      }
    }
  }
  if (usable.empty()) return summary;
  const std::size_t threads = usable.front().counts.size();
  if (operation) {
    summary.roles.push_back(role_counters("operation", usable, 0, threads));
    return summary;
  }
  summary.roles.push_back(role_counters("producer", usable, 0, producers));
  if (threads > producers) {
    summary.roles.push_back(role_counters("consumer", usable, producers, threads));
  }
  return summary;
}

}  // namespace busmark

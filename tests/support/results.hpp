// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "record/repetition.hpp"

namespace busmark::testing {

/// Cuts what a repetition has received into 20 sections, alike but for remainders.
inline void cut_evenly(RepetitionResult& result) {
  constexpr std::uint64_t kSections = 20;
  result.sections.clear();
  for (std::uint64_t i = 0; i < kSections; ++i) {
    SectionResult& section = result.sections.emplace_back();
    section.length = result.elapsed / static_cast<std::int64_t>(kSections);
    section.start = section.length * static_cast<std::int64_t>(i);
    result.response.for_each_bucket([&](std::size_t index, std::uint64_t count) {
      section.response.append(index, count * (i + 1) / kSections - count * i / kSections);
    });
  }
}

/// A repetition at `rate` whose every message took `latency`, on cores that held still.
inline RepetitionResult repetition(std::uint64_t messages, Nanoseconds latency,
                                   double rate = 1000) {
  RepetitionResult result;
  result.response.record_n(static_cast<std::uint64_t>(latency.count()), messages);
  result.service.record_n(static_cast<std::uint64_t>(latency.count()), messages);
  result.pacing.lag.record_n(20, messages);
  result.counts.published = messages;
  result.counts.received = messages;
  result.intended_rate = rate;
  result.offered_rate = rate;
  result.achieved_rate = rate;
  result.received_rate = rate;
  result.elapsed = std::chrono::seconds(1);
  result.before.to = CpuId{1};
  result.before.one_way_ns = 60;
  result.after = result.before;
  cut_evenly(result);
  return result;
}

/// A scenario in open loop at 1000/s with the budgets given.
inline ScenarioResult scenario(std::vector<RepetitionResult> repetitions,
                               const std::vector<std::string>& budgets = {"p95 < 5ms"}) {
  ScenarioResult result;
  result.scenario.name = "example";
  result.scenario.load.rate = MessageRate{1000};
  result.scenario.budget.clear();
  for (const std::string& budget : budgets) {
    result.scenario.budget.push_back(parse_budget(budget));
  }
  result.repetitions = std::move(repetitions);
  return result;
}

}  // namespace busmark::testing

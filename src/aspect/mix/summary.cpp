// SPDX-License-Identifier: Apache-2.0
#include "aspect/mix/summary.hpp"

#include <algorithm>
#include <cmath>

#include "aspect/mix/mix.hpp"
#include "record/message_flow.hpp"
#include "stat/statistics.hpp"

namespace busmark {
namespace {

MessageCounts counts_of(const ClassResult& one, const MessageCounts& whole) {
  MessageCounts counts;
  counts.published = one.published;
  counts.refused = one.refused;
  counts.received = one.received;
  counts.dropped = std::min(one.missing(), whole.dropped);
  counts.lost = std::min(one.missing(), whole.lost);
  return counts;
}

double rate_of(const MessageCounts& counts, std::uint32_t copies, Nanoseconds elapsed) {
  if (elapsed.count() <= 0) return 0;
  const std::uint64_t gone = std::min(counts.refused + counts.dropped, counts.published);
  return static_cast<double>((counts.published - gone) / copies) /
         std::chrono::duration<double>(elapsed).count();
}

ClassSummary summarise_class(const ScenarioResult& result, const ScenarioSummary& whole,
                             std::size_t index, double asked) {
  const MessageClass& one = result.scenario.mix[index];
  const std::uint32_t copies = MessageFlow(result.scenario).copies();
  ClassSummary summary;
  summary.name = one.name;
  summary.asked = asked;
  summary.payload = payload_of(result.scenario, one);
  summary.work = work_of(result.scenario, one);
  summary.intended_rate = whole.intended_rate * asked;
  for (const RepetitionResult& repetition : result.repetitions) {
    if (index >= repetition.classes.size()) continue;
    summary.all_counts += counts_of(repetition.classes[index], repetition.counts);
  }
  std::vector<LatencySource> responses;
  std::vector<double> rates;
  for (const std::uint32_t i : whole.used) {
    const RepetitionResult& repetition = result.repetitions[i];
    if (index >= repetition.classes.size()) continue;
    const MessageCounts counts = counts_of(repetition.classes[index], repetition.counts);
    summary.counts += counts;
    rates.push_back(rate_of(counts, copies, repetition.elapsed));
    // Which class the unsent were of is not known: it is given what it was asked to have of them.
    const double unsent = std::ceil(static_cast<double>(repetition.pacing.unsent) * copies * asked);
    const ClassResult& own = repetition.classes[index];
    responses.push_back(
        {.all = &own.response,
         .missing = own.refused + own.missing() + static_cast<std::uint64_t>(unsent)});
  }
  summary.achieved_rate = median(rates);
  summary.response = summarise_latency(responses, one.budget, copies);
  if (whole.counts.published > 0) {
    summary.share =
        static_cast<double>(summary.counts.published) / static_cast<double>(whole.counts.published);
  }
  return summary;
}

}  // namespace

std::vector<ClassSummary> summarise_classes(const ScenarioResult& result,
                                            const ScenarioSummary& whole) {
  const std::vector<double> shares = class_shares(result.scenario.mix);
  std::vector<ClassSummary> classes;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    classes.push_back(summarise_class(result, whole, i, shares[i]));
  }
  return classes;
}

ScenarioSummary alone(const ClassSummary& one, const ScenarioSummary& whole) {
  ScenarioSummary summary;
  summary.response = one.response;
  summary.intended_rate = one.intended_rate;
  summary.window = whole.window;
  summary.achieved_rate = one.achieved_rate;
  summary.copies = whole.copies;
  summary.counts = one.counts;
  summary.all_counts = one.all_counts;
  summary.floor = whole.floor;
  summary.used = whole.used;
  summary.only_disturbed = whole.only_disturbed;
  return summary;
}

}  // namespace busmark

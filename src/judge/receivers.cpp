// SPDX-License-Identifier: Apache-2.0
#include "judge/receivers.hpp"

#include <algorithm>

#include "judge/summary.hpp"
#include "record/message_flow.hpp"
#include "stat/percentile_interval.hpp"

namespace busmark {
namespace {

std::string role(const MessageFlow& flow, std::uint32_t receiver) {
  if (receiver >= flow.consumers) return "requester";
  if (flow.answers()) return "responder";
  return flow.pattern == Pattern::pipeline ? "stage" : "consumer";
}

Nanoseconds middle_of(std::vector<Nanoseconds> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

ReceiverSummary summarise(const ScenarioResult& result, const std::vector<std::uint32_t>& used,
                          std::uint32_t receiver) {
  ReceiverSummary summary;
  std::uint64_t fewest = ~std::uint64_t{0};
  std::vector<Nanoseconds> p50;
  std::vector<Nanoseconds> p95;
  std::vector<Nanoseconds> p99;
  for (const std::uint32_t i : used) {
    const ReceiverResult& one = result.repetitions[i].receivers[receiver];
    summary.received += one.response.count;
    summary.dropped += one.dropped;
    summary.max = std::max(summary.max, one.response.max);
    fewest = std::min(fewest, one.response.count);
    p50.push_back(one.response.p50);
    p95.push_back(one.response.p95);
    p99.push_back(one.response.p99);
  }
  if (fewest >= samples_needed({500'000})) summary.p50 = middle_of(p50);
  if (fewest >= samples_needed({950'000})) summary.p95 = middle_of(p95);
  if (fewest >= samples_needed({990'000})) summary.p99 = middle_of(p99);
  return summary;
}

}  // namespace

std::optional<ReceiversSummary> summarise_receivers(const ScenarioResult& result,
                                                    const std::vector<std::uint32_t>& used) {
  const MessageFlow flow(result.scenario);
  for (const std::uint32_t i : used) {
    if (result.repetitions[i].receivers.size() != flow.receivers()) return std::nullopt;
  }
  if (used.empty() || flow.receivers() < 2) return std::nullopt;

  ReceiversSummary summary;
  for (std::uint32_t r = 0; r < flow.receivers(); ++r) {
    summary.each.push_back(summarise(result, used, r));
    summary.each.back().role = role(flow, r);
  }
  double sum = 0;
  double squares = 0;
  std::vector<Nanoseconds> medians;
  const MessageFlow::Range final = flow.final_receivers();
  for (std::uint32_t r = final.first; r < final.end; ++r) {
    const auto received = static_cast<double>(summary.each[r].received);
    sum += received;
    squares += received * received;
    if (summary.each[r].p50) medians.push_back(*summary.each[r].p50);
  }
  if (squares > 0) summary.fairness = sum * sum / (final.size() * squares);
  const auto [low, high] = std::minmax_element(medians.begin(), medians.end());
  if (medians.size() == final.size() && final.size() > 1 && low->count() > 0) {
    summary.spread = static_cast<double>(high->count()) / static_cast<double>(low->count());
  }
  return summary;
}

}  // namespace busmark

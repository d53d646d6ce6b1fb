// SPDX-License-Identifier: Apache-2.0
#include "record/run.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace busmark {

std::optional<Nanoseconds> StoredLatency::find(Percentile percentile) const noexcept {
  for (const StoredPercentile& stored : percentiles) {
    if (stored.percentile == percentile) return stored.value;
  }
  return std::nullopt;
}

std::optional<double> StoredRepetition::cpu_ns_per_message() const noexcept {
  if (counts.received == 0) return std::nullopt;
  const Nanoseconds spent = resources.producers.user + resources.producers.system +
                            resources.consumers.user + resources.consumers.system;
  return static_cast<double>(spent.count()) / static_cast<double>(counts.received);
}

std::string to_string(const StoredParameter::Value& value) {
  struct Text {
    std::string operator()(std::monostate) const { return "none"; }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(const std::string& text) const { return text; }
  };
  return std::visit(Text{}, value);
}

bool StoredScenario::saturated() const {
  return !operation && !open_loop() && parameter("users").empty();
}

MessageCounts StoredScenario::all_counts() const noexcept {
  MessageCounts all;
  for (const StoredRepetition& repetition : repetitions) all += repetition.counts;
  return all;
}

bool StoredScenario::part() const noexcept {
  return std::any_of(repetitions.begin(), repetitions.end(),
                     [](const auto& one) { return one.used && one.called_off; });
}

std::string StoredScenario::parameter(std::string_view wanted) const {
  for (const StoredParameter& one : parameters) {
    if (one.name == wanted) return to_string(one.value);
  }
  return {};
}

std::optional<std::int64_t> StoredScenario::whole(std::string_view wanted) const noexcept {
  for (const StoredParameter& one : parameters) {
    const auto* value = std::get_if<std::int64_t>(&one.value);
    if (one.name == wanted && value != nullptr) return *value;
  }
  return std::nullopt;
}

}  // namespace busmark

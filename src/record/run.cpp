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

std::string StoredScenario::parameter(std::string_view wanted) const {
  for (const StoredParameter& one : parameters) {
    if (one.name == wanted) return to_string(one.value);
  }
  return {};
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "record/scenario.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "record/subjects.hpp"

namespace busmark {

ByteCount payload_of(const Scenario& scenario, const MessageClass& one) noexcept {
  return one.payload.value_or(scenario.payload);
}

ByteCount largest_payload(const Scenario& scenario) noexcept {
  if (scenario.mix.empty()) return scenario.payload;
  ByteCount largest{0};
  for (const MessageClass& one : scenario.mix) {
    largest = std::max(largest, payload_of(scenario, one));
  }
  return largest;
}

ByteCount smallest_payload(const Scenario& scenario) noexcept {
  ByteCount smallest = largest_payload(scenario);
  for (const MessageClass& one : scenario.mix) {
    smallest = std::min(smallest, payload_of(scenario, one));
  }
  return smallest;
}

Nanoseconds work_of(const Scenario& scenario, const MessageClass& one) noexcept {
  return one.work.value_or(scenario.work);
}

std::string_view to_string(Arrivals arrivals) noexcept {
  return arrivals == Arrivals::constant ? "constant" : "poisson";
}

std::string_view to_string(Order order) noexcept {
  return order == Order::sequential ? "sequential" : "interleaved";
}

std::string_view to_string(MissingPlugins missing) noexcept {
  return missing == MissingPlugins::refuse ? "refuse" : "skip";
}

std::string_view to_string(Layout layout) noexcept {
  switch (layout) {
    case Layout::automatic: return "auto";
    case Layout::floating: return "floating";
    case Layout::with_producer: return "with-producer";
    case Layout::with_consumer: return "with-consumer";
  }
  return "unknown";
}

std::string load_of(const Scenario& scenario) {
  if (scenario.users == 0) return to_string(scenario.load);
  return fmt::format("{} user{}", scenario.users, scenario.users == 1 ? "" : "s");
}

std::string to_string(const Load& load) { return load.rate ? format_rate(*load.rate) : "max"; }

Nanoseconds direct_call_time(const Scenario& scenario) noexcept {
  using namespace std::chrono_literals;
  if (!compares_cpu(scenario.budget)) return 0ns;
  return std::clamp<Nanoseconds>(scenario.duration / 5, 20ms, 200ms);
}

std::string describe(const Scenario& scenario, const MessageClass& one) {
  const Nanoseconds work = work_of(scenario, one);
  return fmt::format("{} {:.6g}, {}{}{}", one.name, one.weight,
                     format_size(payload_of(scenario, one)),
                     work.count() > 0 ? ", work " + format_duration(work) : "",
                     one.subjects ? ", subjects " + show_subjects(*one.subjects) : "");
}

}  // namespace busmark

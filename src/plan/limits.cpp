// SPDX-License-Identifier: Apache-2.0
#include "plan/limits.hpp"

#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "aspect/aspect.hpp"
#include "base/suggest.hpp"
#include "engine/registry.hpp"
#include "record/subjects.hpp"

namespace busmark {
namespace {

/// `a, b or c`: the transports that serve `pattern`.
std::string serving(Pattern pattern) {
  std::vector<std::string_view> names;
  for (const TransportEntry& entry : all_transport_entries()) {
    if (entry.info.patterns.contains(pattern)) names.push_back(entry.info.name);
  }
  return alternatives(names);
}

/// `queue/spsc serves at most 1 producer and the scenario has 2`, or nothing when it fits.
std::optional<std::string> too_many(std::string_view transport, std::string_view role,
                                    std::uint32_t limit, std::uint32_t wanted) {
  if (limit == 0 || wanted <= limit) return std::nullopt;
  return fmt::format(
      "{} serves at most {} {}{} and the scenario has {}; write {}s = {} or choose "
      "another transport (see `busmark list`)",
      transport, limit, role, limit == 1 ? "" : "s", wanted, role, limit);
}

std::optional<std::string> unserved_pattern(const TransportInfo& info, const Scenario& scenario) {
  const Pattern pattern = scenario.pattern;
  if (!info.patterns.contains(pattern)) {
    return fmt::format("{} does not serve pattern = \"{}\"; choose {}", info.name,
                       to_string(pattern), serving(pattern));
  }
  const bool one_consumer =
      pattern == Pattern::fan_in || (pattern == Pattern::one_way && info.subjects);
  if (one_consumer && scenario.consumers > 1) {
    return fmt::format(
        "pattern = \"{}\" has one consumer{} and the scenario has {}; write pattern = "
        "\"queue-group\" to share the messages or \"fan-out\" to give each consumer all of them",
        to_string(pattern), info.subjects ? fmt::format(" on {}", info.name) : "",
        scenario.consumers);
  }
  return std::nullopt;
}

std::optional<std::string> unserved_operation(const TransportInfo& info, const Scenario& scenario) {
  if (!info.operation || !scenario.load.open_loop()) return std::nullopt;
  return fmt::format("{} is repeated as fast as it goes; write load = \"max\"", info.name);
}

std::optional<std::string> unserved_keys(const TransportInfo& info, const Scenario& scenario) {
  const Scenario defaults;
  const std::uint64_t smallest = smallest_payload(scenario).bytes;
  const std::uint64_t largest = largest_payload(scenario).bytes;
  if (smallest < info.min_payload) {
    return fmt::format(
        "{0} needs a payload of at least {1} bytes, whose first ones carry times and numbers of "
        "the message, and the scenario has {2}; write payload = \"{1}B\"",
        info.name, info.min_payload, smallest);
  }
  if (scenario.checksum && smallest < info.min_checked_payload) {
    return fmt::format(
        "{0} has room for a checksum in payloads of at least {1} bytes and the scenario has {2}; "
        "write payload = \"{1}B\" or leave out checksum",
        info.name, info.min_checked_payload, smallest);
  }
  if (info.max_payload != 0 && largest > info.max_payload) {
    return fmt::format(
        "{0} carries at most {1} bytes and the scenario has {2}; write payload = "
        "\"{1}B\"",
        info.name, info.max_payload, largest);
  }
  if (!info.subjects && (scenario.subjects != defaults.subjects ||
                         !scenario.subscriptions.empty() || names_subjects(scenario))) {
    return fmt::format("{} has no subjects; leave out subjects and subscriptions, or choose {}",
                       info.name, serving(Pattern::fan_out));
  }
  if (!info.server && scenario.layout != Layout::automatic) {
    return fmt::format("{} has no server to place; leave out layout", info.name);
  }
  if (scenario.on_full == OnFull::drop_old && !info.drops_old) {
    return fmt::format("{} cannot drop old messages; write on_full = \"drop\" or \"block\"",
                       info.name);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> check_transport_limits(const Scenario& scenario) {
  const TransportEntry* entry = find_transport(scenario.transport);
  if (entry == nullptr) return std::nullopt;
  const TransportInfo& info = entry->info;
  auto fault = too_many(info.name, "producer", info.max_producers, scenario.producers);
  if (!fault) fault = too_many(info.name, "consumer", info.max_consumers, scenario.consumers);
  if (!fault) fault = unserved_pattern(info, scenario);
  if (!fault) fault = unserved_operation(info, scenario);
  if (!fault) fault = unserved_keys(info, scenario);
  for (const Aspect& aspect : all_aspects()) {
    if (!fault && aspect.misfit != nullptr) fault = aspect.misfit(info, scenario);
  }
  return fault;
}

}  // namespace busmark

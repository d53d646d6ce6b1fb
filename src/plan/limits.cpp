// SPDX-License-Identifier: Apache-2.0
#include "plan/limits.hpp"

#include <string_view>
#include <vector>

#include <fmt/core.h>

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
  if (!info.operation) return std::nullopt;
  if (scenario.load.open_loop()) {
    return fmt::format("{} is repeated as fast as it goes; write load = \"max\"", info.name);
  }
  if (scenario.fault) return fmt::format("{} has nothing to break; leave out fault", info.name);
  for (const Budget& budget : scenario.budget) {
    if (!is_memory(budget.metric)) continue;
    return fmt::format("{} is not watched for memory; leave out the budget \"{}\"", info.name,
                       budget.text);
  }
  return std::nullopt;
}

/// Why processor time could not be held against that of a direct call.
std::optional<std::string> unserved_comparison(const TransportInfo& info,
                                               const Scenario& scenario) {
  if (!compares_cpu(scenario.budget)) return std::nullopt;
  if (info.operation) {
    return fmt::format("{} is no transport to hold against a direct call; leave out cpu_overhead",
                       info.name);
  }
  if (!scenario.mix.empty()) {
    return "cpu_overhead is of messages that are all alike; leave out mix or cpu_overhead";
  }
  if (scenario.work.count() == 0) {
    return "cpu_overhead is held against the consumer's work called directly, and there is none; "
           "write work, such as \"2us\"";
  }
  const bool saturated = !scenario.load.open_loop() && scenario.users == 0;
  if (saturated || scenario.wait == WaitStrategy::park) return std::nullopt;
  return fmt::format(
      "cpu_overhead says nothing of threads that {}: they take their cores however little there is "
      "to do; write wait = \"park\" or load = \"max\"",
      to_string(scenario.wait));
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
  if (smallest != largest && info.one_payload) {
    return fmt::format(
        "{} carries payloads of one size and the mix has {} to {} bytes; give all classes the same "
        "payload, or choose another transport",
        info.name, smallest, largest);
  }
  if (!info.subjects && (scenario.subjects != defaults.subjects ||
                         !scenario.subscriptions.empty() || names_subjects(scenario))) {
    return fmt::format("{} has no subjects; leave out subjects and subscriptions, or choose {}",
                       info.name, serving(Pattern::fan_out));
  }
  if (!info.named_subjects && names_subjects(scenario)) {
    return fmt::format(
        "{} takes subjects in turn, whatever the class of a message; leave subjects out of the "
        "mix, "
        "or choose another transport",
        info.name);
  }
  if (info.operation && scenario.slow_over.count() != 0) {
    return fmt::format("{} sends no messages whose tail could be explained; leave out slow_over",
                       info.name);
  }
  if (info.operation && scenario.abort_on_fail) {
    return fmt::format("{} sends no messages that could miss a budget; leave out abort_on_fail",
                       info.name);
  }
  if (info.operation && scenario.warmup_ends_steady) {
    return fmt::format(
        "{} sends no messages that could tell when it is warm; write a duration "
        "such as warmup = \"200ms\"",
        info.name);
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

/// Why payloads that are broken on purpose would not be found.
std::optional<std::string> uncheckable_payload(const TransportInfo& info,
                                               const Scenario& scenario) {
  if (!scenario.checksum) {
    return "fault = \"corrupt ...\" needs checksum = true: nobody looks at the payloads without";
  }
  const std::uint64_t least = info.min_checked_payload + PayloadPattern::kLeastCorruptible;
  const std::uint64_t smallest = smallest_payload(scenario).bytes;
  if (smallest >= least) return std::nullopt;
  return fmt::format(
      "fault = \"corrupt ...\" breaks the last byte of payloads of at least {0} bytes on {1}, "
      "whose "
      "first ones hold numbers, and the scenario has {2}; write payload = \"{0}B\"",
      least, info.name, smallest);
}

std::optional<std::string> unserved_fault(const TransportInfo& info, const Scenario& scenario) {
  if (!scenario.fault) return std::nullopt;
  const FaultKind kind = scenario.fault->kind;
  const auto served = [&](FaultKind one) {
    return is_done_to_thread(one) || is_done_to_payloads(one) || info.faults.contains(one);
  };
  if (!served(kind)) {
    std::vector<std::string_view> names;
    for (const FaultKind known : kAllFaults) {
      if (served(known)) names.push_back(to_string(known));
    }
    return fmt::format("{} has no fault \"{}\"; it has {}", info.name, to_string(kind),
                       alternatives(names));
  }
  if (kind == FaultKind::no_responders && scenario.pattern != Pattern::request_reply) {
    return "fault = \"no-responders ...\" needs pattern = \"request-reply\"";
  }
  if (is_done_to_payloads(kind)) {
    if (auto why = uncheckable_payload(info, scenario)) return why;
  }
  if (scenario.fault->end() >= scenario.duration) {
    return fmt::format(
        "the fault ends {} after the measured time begins, which lasts for {}; let it end sooner "
        "or write a longer duration",
        format_duration(scenario.fault->end()), format_duration(scenario.duration));
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
  if (!fault) fault = unserved_comparison(info, scenario);
  if (!fault) fault = unserved_keys(info, scenario);
  if (!fault) fault = unserved_fault(info, scenario);
  return fault;
}

}  // namespace busmark

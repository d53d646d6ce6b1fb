// SPDX-License-Identifier: Apache-2.0
#include "aspect/fault/keys.hpp"

#include <stdexcept>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "busmark/bus/payload_pattern.hpp"

#include "aspect/fault/fault.hpp"
#include "base/suggest.hpp"

namespace busmark {
namespace {

void read_fault(const Field& in, Scenario& scenario) {
  if (in.as_text() == nullptr) return in.wrong("a string such as \"kill at 500ms for 300ms\"");
  try {
    scenario.fault = parse_fault(*in.as_text());
  } catch (const std::invalid_argument& error) {
    in.refuse(error.what());
  }
}

std::string fault_text(const Scenario& scenario) {
  return scenario.fault ? to_string(*scenario.fault) : std::string();
}

/// Why payloads that are broken on purpose would not be found.
std::optional<std::string> uncheckable_payload(const TransportInfo& transport,
                                               const Scenario& scenario) {
  if (!scenario.checksum) {
    return "fault = \"corrupt ...\" needs checksum = true: nobody looks at the payloads without";
  }
  const std::uint64_t least = transport.min_checked_payload + PayloadPattern::kLeastCorruptible;
  const std::uint64_t smallest = smallest_payload(scenario).bytes;
  if (smallest >= least) return std::nullopt;
  return fmt::format(
      "fault = \"corrupt ...\" breaks the last byte of payloads of at least {0} bytes on {1}, "
      "whose "
      "first ones hold numbers, and the scenario has {2}; write payload = \"{0}B\"",
      least, transport.name, smallest);
}

}  // namespace

ScenarioKey fault_key() noexcept {
  return {.name = "fault",
          .type = "string",
          .range = no_range,
          .read = read_fault,
          .write =
              [](const Scenario& scenario) {
                return scenario.fault ? to_toml(fault_text(scenario)) : std::string();
              },
          .value = [](const Scenario& scenario) -> StoredParameter::Value {
            return fault_text(scenario);
          }};
}

std::optional<std::string> fault_misfit(const TransportInfo& transport, const Scenario& scenario) {
  if (!scenario.fault) return std::nullopt;
  if (transport.operation) {
    return fmt::format("{} has nothing to break; leave out fault", transport.name);
  }
  const FaultKind kind = scenario.fault->kind;
  const auto served = [&](FaultKind one) {
    return is_done_to_thread(one) || is_done_to_payloads(one) || transport.faults.contains(one);
  };
  if (!served(kind)) {
    std::vector<std::string_view> names;
    for (const FaultKind known : kAllFaults) {
      if (served(known)) names.push_back(to_string(known));
    }
    return fmt::format("{} has no fault \"{}\"; it has {}", transport.name, to_string(kind),
                       alternatives(names));
  }
  if (kind == FaultKind::no_responders && scenario.pattern != Pattern::request_reply) {
    return "fault = \"no-responders ...\" needs pattern = \"request-reply\"";
  }
  if (is_done_to_payloads(kind)) {
    if (auto why = uncheckable_payload(transport, scenario)) return why;
  }
  if (scenario.fault->end() >= scenario.duration) {
    return fmt::format(
        "the fault ends {} after the measured time begins, which lasts for {}; let it end sooner "
        "or write a longer duration",
        format_duration(scenario.fault->end()), format_duration(scenario.duration));
  }
  return std::nullopt;
}

std::optional<std::string> fault_unshared(const Scenario& scenario) {
  if (!scenario.fault) return std::nullopt;
  return fmt::format(
      "agents break nothing on purpose; leave out fault = \"{}\", or run it without --agents",
      to_string(*scenario.fault));
}

}  // namespace busmark

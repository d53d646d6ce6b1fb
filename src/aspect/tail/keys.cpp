// SPDX-License-Identifier: Apache-2.0
#include "aspect/tail/keys.hpp"

#include <fmt/format.h>

namespace busmark {

std::optional<std::string> tail_misfit(const TransportInfo& transport, const Scenario& scenario) {
  if (!transport.operation || scenario.slow_over.count() == 0) return std::nullopt;
  return fmt::format("{} sends no messages whose tail could be explained; leave out slow_over",
                     transport.name);
}

std::optional<std::string> tail_unshared(const Scenario& scenario) {
  if (scenario.slow_over.count() == 0) return std::nullopt;
  return "agents do not explain their tails; leave out slow_over, or run it without --agents";
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "aspect/early_end/keys.hpp"

#include <fmt/format.h>

namespace busmark {

std::optional<std::string> early_end_misfit(const TransportInfo& transport,
                                            const Scenario& scenario) {
  if (!transport.operation || !scenario.abort_on_fail) return std::nullopt;
  return fmt::format("{} sends no messages that could miss a budget; leave out abort_on_fail",
                     transport.name);
}

std::optional<std::string> early_end_unshared(const Scenario& scenario) {
  if (!scenario.abort_on_fail) return std::nullopt;
  return "each agent sees its own messages alone, so none can tell that a budget is missed; leave "
         "out abort_on_fail, or run it without --agents";
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "aspect/payload/tell.hpp"

#include <cmath>

#include <fmt/format.h>

#include "aspect/payload/payload_cost.hpp"
#include "base/table.hpp"

namespace busmark {

std::string payload_costs_text(const StoredRun& run) {
  const std::vector<PayloadCost> costs = payload_costs(run);
  if (costs.empty()) return "";
  TextTable table({{"payload", Align::left}, {"fixed"}, {"per byte"}, {"R2"}, {"bends at"}});
  for (const PayloadCost& cost : costs) {
    table.add({cost.name, format_duration(Nanoseconds(std::llround(cost.fixed_ns))),
               fmt::format("{:.3g} ns", cost.ns_per_byte), fmt::format("{:.3f}", cost.r_squared),
               cost.bends_at ? format_size({*cost.bends_at}) : "-"});
  }
  return table.text() +
         "A line through the p50 of all sizes, or through the time per message of load \"max\"; it "
         "bends where a\nsize costs a fifth more or less than the ones below it would have it.\n";
}

}  // namespace busmark

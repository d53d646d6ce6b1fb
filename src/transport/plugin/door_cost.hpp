// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "busmark/base/clock.hpp"

#include "record/plugin/plugin.hpp"

namespace busmark {

/// What a message pays for going through the table of a plugin, on this machine and now: the ring
/// of queue/spsc with the endpoints that a plugin has, less the same with those of its own. Both
/// are driven by turns, so that a machine that moves moves both. A few milliseconds a batch, on the
/// calling thread.
[[nodiscard]] std::vector<DoorCost> measure_door(const Clock& clock,
                                                 std::span<const std::uint32_t> batches);

}  // namespace busmark

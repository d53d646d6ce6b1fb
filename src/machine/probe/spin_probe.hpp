// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"

#include "machine/resource_usage.hpp"
#include "record/machine.hpp"

namespace busmark {

/// A look takes 20 to 30 ns; what is above this is no look.
inline constexpr Nanoseconds kLeastGap{1000};

/// Spins on every core at once for `duration`, one pinned thread each, about 10 ms to get ready.
/// Never throws for a core that cannot be used. Method: rt-tests' oslat.
[[nodiscard]] std::vector<SpinProbe> spin_probe(const Clock& clock, std::span<const CpuId> cores,
                                                Nanoseconds duration);

/// Share of the moments of the probe at which a message would have waited longer than `limit` for
/// this core to come back: the part of each gap beyond the limit, in [0, 1].
[[nodiscard]] double share_delayed(const SpinProbe& probe, Nanoseconds limit) noexcept;
/// What a message that comes at a random moment waits on average.
[[nodiscard]] double mean_delay_ns(const SpinProbe& probe) noexcept;
[[nodiscard]] Nanoseconds longest_gap(const SpinProbe& probe) noexcept;

/// Time of one load that hits no cache, nanoseconds: a chain of loads through `size` of memory in
/// random order, 4 KiB pages. Empty when the memory cannot be had.
[[nodiscard]] std::optional<double> memory_latency_ns(const Clock& clock, ByteCount size);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/base/units.hpp"

#include "record/machine.hpp"

namespace busmark {

/// Between the levels that one pair of virtual CPUs showed as its host moved it about: 11, 25 and
/// 155 ns.
inline constexpr double kCloseBelowNs = 18;
inline constexpr double kNearBelowNs = 115;

/// The class of two different cores that are `one_way_ns` apart.
[[nodiscard]] Distance distance_at(double one_way_ns) noexcept;

/// Nanoseconds by which the two cores' clocks provably differ: what is left of the offset after its
/// bound. 0 where the measurement cannot tell them apart.
[[nodiscard]] double clock_skew_ns(const Witness& witness) noexcept;

/// Above this a one-way time is not to be believed.
inline constexpr double kToleratedSkewNs = 50;

/// True when two measurements of the same cores differ by more than noise: the cores have moved.
[[nodiscard]] bool moved(const Witness& before, const Witness& after) noexcept;
[[nodiscard]] bool moved(double one_way_before_ns, double one_way_after_ns) noexcept;

/// The median of a ping-pong of default length (ping_pong.hpp), below 2 ms. Throws SetupError when
/// a core cannot be used.
[[nodiscard]] Witness measure_witness(const Clock& clock, CpuId from, CpuId to);

/// The slowest pair of one producer's and one consumer's core, at most `kWitnessPairs` pairs tried.
inline constexpr std::size_t kWitnessPairs = 8;
[[nodiscard]] Witness measure_witness(const Clock& clock, std::span<const CpuId> producers,
                                      std::span<const CpuId> consumers);

}  // namespace busmark

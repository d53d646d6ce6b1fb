// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/summary.hpp"
#include "verb/noise/measure.hpp"

namespace busmark {

/// The percentiles of the noise tables.
inline constexpr std::array<Percentile, 4> kNoisePercentiles{
    {{500'000}, {990'000}, {999'000}, {999'900}}};

/// Gaps are counted over each of these.
inline constexpr std::array<Nanoseconds, 4> kGapSizes{
    {std::chrono::microseconds(1), std::chrono::microseconds(10), std::chrono::microseconds(100),
     std::chrono::milliseconds(1)}};

/// What takes most of a core's time away from a spinning thread, as far as the kernel tells.
enum class NoiseCause : std::uint8_t {
  none,        ///< Nothing was lost.
  switches,    ///< Other threads: the probe was switched out.
  steal,       ///< The hypervisor, by the kernel's own count.
  tick,        ///< The core's own timer interrupt.
  device,      ///< Interrupts of devices.
  cross_call,  ///< Other cores' calls.
  unknown,     ///< No counter explains it: hypervisor, firmware (SMI), or the hardware.
};
/// At most eight characters.
[[nodiscard]] std::string_view to_string(NoiseCause cause) noexcept;

/// One percentile of gaps or waits. `supported` is false where too little carries it.
struct NoisePercentile {
  Percentile percentile;
  Nanoseconds value{};
  bool supported = false;
};

/// A stretch of time in which much was lost.
struct NoiseEpisode {
  Nanoseconds start{};
  Nanoseconds length{};
  double lost_share = 0;  ///< Of the stretch.
  bool switched = false;  ///< Most of it to other threads.
};

/// One core judged.
struct CoreNoiseSummary {
  CpuId cpu{};
  std::uint64_t gaps = 0;
  Nanoseconds longest{};
  /// Lengths of the gaps of at least the threshold, each counting once.
  std::vector<NoisePercentile> gap;
  /// What a message waits that is due at a random moment: a gap counts by its length. 0 stands for
  /// less than the threshold. This is the floor to hold latency percentiles against.
  std::vector<NoisePercentile> wait;
  std::vector<NoisePercentile> lateness;  ///< Of timed sleeps.
  Nanoseconds latest{};
  std::array<double, kGapSizes.size()> per_second{};  ///< Gaps of at least kGapSizes.
  double lost_share = 0;                              ///< Of the time watched; the next two add up.
  double switched_share = 0;
  double in_place_share = 0;
  double switched_per_second = 0;
  double in_place_per_second = 0;
  /// Interrupts per gap in place, at most 1: how many of them the kernel's counters can explain.
  double explained = 0;
  NoiseCause cause = NoiseCause::none;
  std::vector<NoiseEpisode> episodes;  ///< The worst ones, in the order of time.
};

struct NoiseSummary {
  const NoiseResult* result = nullptr;
  std::vector<CoreNoiseSummary> cores;  ///< As the result's.
};

/// Pure. `result` must outlive the summary.
[[nodiscard]] NoiseSummary summarise(const NoiseResult& result);

/// The wait that a share `p` of all moments of `observed` does not exceed, given the gaps: at a
/// moment inside a gap one waits for its end. Exact but for the histogram's buckets.
/// `carried_by` tells how many gaps are longer than that.
[[nodiscard]] Nanoseconds wait_at_random_moment(const Histogram& gaps, Nanoseconds observed,
                                                Percentile p, std::uint64_t& carried_by) noexcept;

}  // namespace busmark

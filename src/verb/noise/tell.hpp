// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "verb/noise/judge.hpp"

namespace busmark {

inline constexpr const char* kNoiseSchema = "busmark.noise/1";

/// Tables of gaps, waits and timed sleeps, then what took each core's time; within 80 columns as
/// long as no cpu's number has more than three digits.
[[nodiscard]] std::string write_noise_text(const NoiseSummary& summary);

/// One JSON object with everything that was measured and judged, durations in nanoseconds.
[[nodiscard]] std::string write_noise_json(const NoiseSummary& summary);

/// A histogram log (.hlog, nanoseconds) with the tags `cpu<N>:gaps`, `cpu<N>:switched` (those of
/// the gaps in which another thread ran) and `cpu<N>:late`: one interval each, as nothing may wake
/// in the window to cut it.
[[nodiscard]] std::string write_noise_log(const NoiseSummary& summary);

}  // namespace busmark

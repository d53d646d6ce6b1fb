// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace busmark {

/// Bytes that two cores must not share to stay out of each other's way. Twice the 64-byte line,
/// because x86 fetches lines in adjacent pairs (Intel Optimization Manual, 3.7.3).
inline constexpr std::size_t kNoSharing = 128;

/// Size of one cache line on every machine we support.
inline constexpr std::size_t kCacheLine = 64;

}  // namespace busmark

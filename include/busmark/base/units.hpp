// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace busmark {

using Nanoseconds = std::chrono::nanoseconds;

/// As histograms hold them.
[[nodiscard]] constexpr Nanoseconds as_nanoseconds(std::uint64_t value) noexcept {
  return Nanoseconds(static_cast<std::int64_t>(value));
}

[[nodiscard]] constexpr double in_seconds(Nanoseconds duration) noexcept {
  return std::chrono::duration<double>(duration).count();
}

/// Number of a logical CPU as the kernel counts them (`/proc/cpuinfo`: processor).
enum class CpuId : int {};
[[nodiscard]] constexpr int index(CpuId cpu) noexcept { return static_cast<int>(cpu); }

/// A size in bytes.
struct ByteCount {
  std::uint64_t bytes = 0;
  auto operator<=>(const ByteCount&) const = default;
};

/// Messages per second; positive and finite.
struct MessageRate {
  double per_second = 0;
  auto operator<=>(const MessageRate&) const = default;
};

/// A percentile in parts per million, so that 99.99 is exact: p95 is 950'000.
struct Percentile {
  std::uint32_t parts_per_million = 0;
  auto operator<=>(const Percentile&) const = default;
  [[nodiscard]] constexpr double percent() const noexcept { return parts_per_million / 10'000.0; }
};

/// `"5ms"`, `"1.5us"`, `"2s"`, `"1m"`, `"1h"`, `"250ns"`: a number and a unit, nothing else.
/// Throws std::invalid_argument with what is wrong and an example.
[[nodiscard]] Nanoseconds parse_duration(std::string_view text);
/// `"64"`, `"64B"`, `"1KiB"`, `"2MiB"`, `"1kB"` (1000). Throws std::invalid_argument likewise.
[[nodiscard]] ByteCount parse_size(std::string_view text);
/// `"100k/s"`, `"1.5M/s"`, `"250/s"`: SI prefixes k, M, G and `/s`. Throws likewise.
[[nodiscard]] MessageRate parse_rate(std::string_view text);
/// `"p95"`, `"p99.9"`. Throws likewise.
[[nodiscard]] Percentile parse_percentile(std::string_view text);
/// `"95%"` is 0.95. Throws likewise.
[[nodiscard]] double parse_share(std::string_view text);

/// Shortest text that keeps three figures: `850ns`, `1.25us`, `5ms`, `2.5s`.
[[nodiscard]] std::string format_duration(Nanoseconds duration);
/// `950/s`, `100k/s`, `1.25M/s`.
[[nodiscard]] std::string format_rate(MessageRate rate);
/// `64B`, `1KiB`, `2MiB`.
[[nodiscard]] std::string format_size(ByteCount size);
/// `p50`, `p99.9`.
[[nodiscard]] std::string format_percentile(Percentile percentile);

}  // namespace busmark

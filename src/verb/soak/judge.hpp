// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "judge/verdict.hpp"
#include "machine/memory_usage.hpp"
#include "stat/theil_sen.hpp"

namespace busmark {

/// One interval of a soak.
struct SoakSample {
  Nanoseconds start{};  ///< From the start of the measured window.
  Nanoseconds length{};
  MemoryUsage memory;  ///< At its end; nothing in the last one, whose threads had ended.
  bool last = false;   ///< The rest of the repetition: shorter or longer, so no part of a slope.
  std::uint64_t received = 0;      ///< Samples of latency.
  std::optional<Nanoseconds> p50;  ///< Response times; empty with too few samples.
  std::optional<Nanoseconds> p95;
  std::optional<Nanoseconds> p99;

  [[nodiscard]] Nanoseconds end() const noexcept { return start + length; }
  /// Messages per second; 0 for an interval of no length.
  [[nodiscard]] double rate() const noexcept;
};

/// The course of one figure over the intervals that count.
struct SoakCourse {
  double initial = 0;  ///< First sample of all, start-up included.
  double final = 0;
  double peak = 0;
  std::optional<SlopeEstimate> per_hour;  ///< After the start-up, in the figure's unit.
};

/// The same, relative to its own median.
struct SoakDrift {
  double median = 0;
  std::optional<SlopeEstimate> per_hour;  ///< Share of the median: 0.02 is 2 % per hour.
};

/// How much memory a process loses.
enum class MemoryClass : std::uint8_t {
  normal,        ///< Surely less than 10 MB/h.
  monitor,       ///< Surely 10 MB/h or more, and perhaps not more than 50.
  leak,          ///< Surely more than 50 MB/h.
  inconclusive,  ///< Too short a run to tell.
};
[[nodiscard]] std::string_view to_string(MemoryClass memory) noexcept;

/// Where the classes end, in bytes per hour.
inline constexpr double kNormalBelow = 10e6;
inline constexpr double kLeakAbove = 50e6;

/// By the whole interval, not by the slope: its upper end has to lie below 10 MB/h, or its lower
/// end decides.
[[nodiscard]] MemoryClass classify_memory(const std::optional<SlopeEstimate>& per_hour) noexcept;

/// What a soak says. Memory is judged by RSS: it is what the machine runs out of. PSS moves with
/// other processes that share pages, and what the allocator has committed neither includes memory
/// that bypasses it nor excludes what nobody has touched.
struct SoakAnalysis {
  std::size_t start_up = 0;       ///< Intervals at the beginning that do not count.
  std::size_t counted = 0;        ///< Intervals behind the slopes.
  Nanoseconds span{};             ///< Of these, from the first sample of memory to the last.
  std::optional<SoakCourse> rss;  ///< Bytes, as the next three; empty where never known.
  std::optional<SoakCourse> pss;
  std::optional<SoakCourse> vms;
  std::optional<SoakCourse> committed;
  std::optional<SoakCourse> open_files;
  std::optional<SoakCourse> threads;
  MemoryClass memory = MemoryClass::inconclusive;
  std::optional<SoakDrift> p50;  ///< Nanoseconds, as the next two.
  std::optional<SoakDrift> p95;
  std::optional<SoakDrift> p99;
  std::optional<SoakDrift> rate;  ///< Received per second.

  /// A duration that would tell, where this one did not; empty where no estimate is possible. The
  /// interval of a slope shrinks with the run's length to the power of 1.5.
  [[nodiscard]] std::optional<Nanoseconds> would_tell() const noexcept;
};

/// The first tenth of the intervals, at least one, is start-up: caches, pages and the allocator's
/// reserves fill up then, which is growth, but no leak. Pure.
[[nodiscard]] SoakAnalysis analyse_soak(std::span<const SoakSample> samples);

/// A leak fails, one to be watched is a warning.
[[nodiscard]] Verdict verdict_of_memory(MemoryClass memory) noexcept;

/// What is said of memory: by the scenario's own budgets of `memory.growth` per hour where it has
/// any, else by the class.
[[nodiscard]] Verdict judge_memory(MemoryClass memory, const ScenarioVerdict& scenario) noexcept;

/// Of a whole scenario: memory that fails does so whatever else there is; what is invalid beats a
/// missed budget.
[[nodiscard]] Verdict judge_soak(Verdict memory, Verdict scenario) noexcept;

}  // namespace busmark

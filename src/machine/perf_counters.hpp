// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "busmark/base/units.hpp"

#include "base/file_descriptor.hpp"

namespace busmark {

/// What is counted of a thread: of the processor, and from `task_clock` on by the kernel alone.
enum class PerfEvent : std::uint8_t {
  cycles,
  instructions,
  cache_misses,  ///< As the kernel chooses for the processor: last level on Intel, L2 on AMD Zen.
  branch_misses,
  task_clock,  ///< Nanoseconds on a core.
  context_switches,
  migrations,
  page_faults,
};
inline constexpr std::size_t kPerfEvents = 8;
/// `cache-misses`, as `perf list` writes them.
[[nodiscard]] std::string_view to_string(PerfEvent event) noexcept;
/// Counted by the processor, which virtual machines are often not shown.
[[nodiscard]] bool is_hardware(PerfEvent event) noexcept;

/// One reading of a counter since it was opened.
struct CounterReading {
  std::uint64_t count = 0;
  Nanoseconds enabled{};  ///< For how long it was to count, while its thread had a core.
  Nanoseconds running{};  ///< For how long of that it had a counter; less where events take turns.
};

/// What a counter has counted between two readings.
struct CounterIncrease {
  double count = 0;    ///< Scaled up to the whole time where events took turns.
  double counted = 1;  ///< Share of the time in which it was really counted, above 0.
  bool operator==(const CounterIncrease&) const = default;
};

/// Empty where it never had a counter in between, though its thread ran.
[[nodiscard]] std::optional<CounterIncrease> increase_between(const CounterReading& before,
                                                              const CounterReading& after) noexcept;

/// Why an event cannot be counted, with the cure, from the error of perf_event_open. `paranoid` is
/// kernel.perf_event_paranoid where it is readable.
[[nodiscard]] std::string why_not_counted(PerfEvent event, int error, std::optional<int> paranoid);

/// The counters of one thread of this process, each by itself: one that the machine lacks does not
/// cost the others. They count from the constructor on, only while the thread runs. Where the
/// kernel's share may not be seen (perf_event_paranoid above 1), that of the program alone.
/// Reading from another thread interrupts the core of this one for about a microsecond each.
/// Source: perf_event_open(2).
class ThreadCounters {
 public:
  using Readings = std::array<std::optional<CounterReading>, kPerfEvents>;

  explicit ThreadCounters(pid_t thread);

  /// A thread that has ended keeps what it had.
  [[nodiscard]] Readings read() const noexcept;
  /// Empty where the event is counted.
  [[nodiscard]] const std::string& problem(PerfEvent event) const noexcept {
    return problems_[static_cast<std::size_t>(event)];
  }
  /// Whether what the kernel does for the thread is left out.
  [[nodiscard]] bool user_only() const noexcept { return user_only_; }

 private:
  void open(PerfEvent event, pid_t thread);

  std::array<FileDescriptor, kPerfEvents> files_;
  std::array<std::string, kPerfEvents> problems_;
  bool user_only_ = false;
};

}  // namespace busmark

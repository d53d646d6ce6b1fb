// SPDX-License-Identifier: Apache-2.0
#include "busmark/base/clock.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

#include "busmark/base/error.hpp"

namespace busmark {
namespace {

std::int64_t read_raw() noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_RAW, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

struct CounterSupport {
  ClockSource source = ClockSource::clock_gettime;
  std::string reason;
};

#if defined(__aarch64__)
constexpr ClockSource kCounter = ClockSource::cntvct;
#else
constexpr ClockSource kCounter = ClockSource::tsc;
#endif

CounterSupport counter_support(const CpuCounter& cpu) {
  if (!cpu.readable) {
    return {ClockSource::clock_gettime, "no cycle counter is known for this architecture"};
  }
  if (!cpu.invariant) {
    return {ClockSource::clock_gettime, "the TSC of this CPU is not invariant"};
  }
  return {kCounter, kCounter == ClockSource::tsc ? "invariant TSC" : "architected virtual counter"};
}

/// Counter and system time at the same moment: the tightest of several bracketed reads.
struct Anchor {
  double ticks = 0;
  double nanoseconds = 0;
};

template <typename ReadCounter>
Anchor take_anchor(ReadCounter read_counter) {
  Anchor best;
  auto tightest = std::numeric_limits<std::int64_t>::max();
  for (int attempt = 0; attempt < 200; ++attempt) {
    const std::int64_t before = read_counter();
    const std::int64_t raw = read_raw();
    const std::int64_t after = read_counter();
    if (after - before < tightest) {
      tightest = after - before;
      best = {static_cast<double>(before) + static_cast<double>(after - before) / 2,
              static_cast<double>(raw)};
    }
  }
  return best;
}

void busy_wait(Nanoseconds duration) noexcept {
  const std::int64_t end = read_raw() + duration.count();
  while (read_raw() < end) {
  }
}

/// Median nanoseconds of one call of `read`, over blocks long enough to hide the clock's step.
template <typename Read>
double cost_of(Read read) {
  std::array<double, 15> blocks{};
  constexpr int kReads = 2000;
  for (double& block : blocks) {
    const std::int64_t start = read_raw();
    for (int i = 0; i < kReads; ++i) {
      const std::int64_t value = read();
      asm volatile("" ::"r"(value));
    }
    block = static_cast<double>(read_raw() - start) / kReads;
  }
  std::nth_element(blocks.begin(), blocks.begin() + blocks.size() / 2, blocks.end());
  return blocks[blocks.size() / 2];
}

/// The usual advance between successive readings that differ: the counter's own step where that is
/// coarser than a reading takes, else the time of a reading. The median, since a hypervisor that
/// scales the counter rounds some steps down to a single tick.
template <typename Read>
std::int64_t usual_step(Read read) {
  constexpr std::size_t kReads = 20'000;
  std::vector<std::int64_t> steps;
  steps.reserve(kReads);
  std::int64_t previous = read();
  for (std::size_t i = 0; i < kReads; ++i) {
    const std::int64_t next = read();
    if (next > previous) steps.push_back(next - previous);
    previous = next;
  }
  if (steps.empty()) return 1;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return *middle;
}

}  // namespace

std::string_view to_string(ClockSource source) noexcept {
  switch (source) {
    case ClockSource::tsc: return "tsc";
    case ClockSource::cntvct: return "cntvct";
    case ClockSource::clock_gettime: return "clock_gettime";
  }
  return "unknown";
}

std::string_view to_string(Clock::Preference preference) noexcept {
  switch (preference) {
    case Clock::Preference::automatic: return "auto";
    case Clock::Preference::counter: return "counter";
    case Clock::Preference::system: return "system";
  }
  return "unknown";
}

CpuCounter CpuCounter::of_this_cpu() noexcept {
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  constexpr unsigned kInvariantTsc = 1U << 8;
  const bool known = __get_cpuid(0x80000007, &a, &b, &c, &d) != 0;
  return {.readable = true, .invariant = known && (d & kInvariantTsc) != 0};
#elif defined(__aarch64__)
  return {.readable = true, .invariant = true};
#else
  return {};
#endif
}

void Clock::measure_cost(ClockInfo& info) const {
  info.read_cost_ns = cost_of([this] { return now(); });
  info.ordered_read_cost_ns = cost_of([this] { return now_after_loads(); });
  info.resolution_ns = static_cast<double>(usual_step([this] { return now(); })) / ticks_per_ns_;
}

Clock Clock::calibrate(Preference preference, std::string reason, CpuCounter counter) {
  // Clocks are copied into threads by value; their facts stay in place until the process ends.
  static std::mutex mutex;
  static std::deque<ClockInfo> facts;

  Clock clock;
  ClockInfo info;
  CounterSupport support{ClockSource::clock_gettime, std::move(reason)};
  if (preference != Preference::system) support = counter_support(counter);
  if (preference == Preference::counter && support.source == ClockSource::clock_gettime) {
    throw SetupError("the clock \"counter\" cannot be had: " + support.reason +
                     "; use \"auto\" or \"system\"");
  }
  info.source = support.source;
  info.reason = support.reason;
  clock.counter_ = support.source != ClockSource::clock_gettime;

  if (clock.counter_) {
    const auto read = [&clock] { return clock.now_after_loads(); };
    const Anchor first = take_anchor(read);
    busy_wait(std::chrono::milliseconds(50));
    const Anchor middle = take_anchor(read);
    busy_wait(std::chrono::milliseconds(50));
    const Anchor last = take_anchor(read);
    const auto slope = [](const Anchor& from, const Anchor& to) {
      return (to.ticks - from.ticks) / (to.nanoseconds - from.nanoseconds);
    };
    clock.ticks_per_ns_ = slope(first, last);
    info.calibration_ppm = std::abs(slope(first, middle) / slope(middle, last) - 1) * 1e6;
    clock.multiplier_ = std::llround(std::ldexp(1 / clock.ticks_per_ns_, kShift));
  }
  info.ticks_per_second = clock.ticks_per_second();
  clock.measure_cost(info);

  const std::scoped_lock lock(mutex);
  clock.info_ = &facts.emplace_back(std::move(info));
  return clock;
}

}  // namespace busmark

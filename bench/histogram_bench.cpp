// SPDX-License-Identifier: Apache-2.0
// What recording costs, in one process, so that the ratio to a clock read holds on a machine that
// changes its speed. Cases take turns, each figure is the median of the rounds. Exit code 1 when
// the interval recorder lost a record; times are only printed, with the goal beside them.
#include "busmark/histogram/histogram.hpp"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/clock.hpp"
#include "busmark/histogram/interval_recorder.hpp"

using namespace busmark;

namespace {

constexpr int kRounds = 15;
constexpr std::size_t kValues = 1'000'000;
constexpr int kBatch = 50;   ///< Merges or percentile reads per timed span.
constexpr int kPasses = 60;  ///< Times the interval recorder sees all values: 60 M records.
constexpr std::chrono::milliseconds kInterval{1};

using Values = std::vector<std::uint64_t>;

/// Log-normal with a median of 50 us and sigma 2, kept within 50 ns to 50 ms.
Values make_values() {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> lognormal(std::log(50e3), 2.0);
  Values values(kValues);
  for (auto& value : values) {
    value = static_cast<std::uint64_t>(std::clamp(lognormal(random), 50.0, 50e6));
  }
  return values;
}

/// Makes the compiler believe that everything reachable from `object` is read and changed.
template <typename T>
void keep(T& object) {
  asm volatile("" : : "r"(&object) : "memory");
}

/// Processor time of this thread: a span is not charged for what ran in between on its core.
double thread_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

template <typename Work>
double nanoseconds_per(std::size_t operations, Work&& work) {
  const double start = thread_nanoseconds();
  work();
  return (thread_nanoseconds() - start) / static_cast<double>(operations);
}

/// The smallest step there is to know the time: one instruction on x86.
std::uint64_t bare_clock_read([[maybe_unused]] const Clock& clock) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return static_cast<std::uint64_t>(clock.now());
#endif
}

struct Figures {
  std::vector<double> clock, record, ratio, plain, plain_ratio, merge, percentiles;
};

void measure_round(const Clock& clock, const Values& values, Histogram& histogram,
                   Histogram& target, Figures& figures) {
  std::uint64_t sum = 0;
  figures.clock.push_back(nanoseconds_per(kValues, [&] {
    for (std::size_t i = 0; i < kValues; ++i) sum += bare_clock_read(clock);
  }));
  keep(sum);
  figures.record.push_back(nanoseconds_per(kValues, [&] {
    for (const auto value : values) {
      histogram.record(value);
      // Else the loop could keep in registers what a real caller finds in memory each time.
      keep(histogram);
    }
  }));
  figures.ratio.push_back(figures.record.back() / figures.clock.back());
  figures.plain.push_back(nanoseconds_per(kValues, [&] {
    for (const auto value : values) histogram.record(value);
  }));
  keep(histogram);
  figures.plain_ratio.push_back(figures.plain.back() / figures.clock.back());
  figures.merge.push_back(nanoseconds_per(kBatch, [&] {
    for (int i = 0; i < kBatch; ++i) {
      target.merge(histogram);
      keep(target);
    }
  }));
  constexpr std::array<Percentile, 8> kAsked{Percentile{500'000}, {750'000},  {900'000},
                                             {950'000},           {990'000},  {999'000},
                                             {999'900},           {1'000'000}};
  std::array<std::uint64_t, kAsked.size()> out{};
  figures.percentiles.push_back(nanoseconds_per(kBatch, [&] {
    for (int i = 0; i < kBatch; ++i) {
      keep(histogram);
      histogram.values_at(kAsked, out);
      keep(out);
    }
  }));
}

void print(std::string_view what, std::vector<double> figures, double unit, std::string_view goal) {
  std::sort(figures.begin(), figures.end());
  fmt::print("{:<38} {:>9.3f}   {:>9.3f} .. {:<9.3f} {}\n", what,
             figures[figures.size() / 2] / unit, figures.front() / unit, figures.back() / unit,
             goal);
}

void pin_to_cpu_0() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(0, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

/// A writer at full speed, a reader each millisecond. Returns whether every record arrived.
bool measure_intervals(const Values& values) {
  Histogram expected;
  for (const auto value : values) expected.record_n(value, kPasses);

  IntervalRecorder recorder;
  std::atomic<bool> done = false;
  double per_record = 0;
  std::thread writer([&] {
    pin_to_cpu_0();
    per_record = nanoseconds_per(kValues * kPasses, [&] {
      for (int pass = 0; pass < kPasses; ++pass) {
        for (const auto value : values) recorder.record(value);
      }
    });
    done = true;
  });
  Histogram collected;
  std::uint64_t intervals = 0;
  while (!done) {
    recorder.request();
    std::this_thread::sleep_for(kInterval);
    if (const Histogram* interval = recorder.try_collect()) {
      collected.merge(*interval);
      ++intervals;
    }
  }
  writer.join();
  recorder.collect_rest(collected);

  const auto lost = static_cast<std::int64_t>(expected.total() - collected.total());
  const bool whole = std::ranges::equal(collected.counts(), expected.counts());
  fmt::print(
      "interval recorder: {} of {} records lost, counts {}, {} intervals, {:.3f} ns/record\n", lost,
      expected.total(), whole ? "equal" : "DIFFER", intervals, per_record);
  return lost == 0 && whole;
}

}  // namespace

int main() {
  const Values values = make_values();
  const Clock clock = Clock::calibrate();
  Histogram histogram;
  Histogram target;
  Figures figures;
  {
    // Pinned in a thread of its own, so that the reader of the intervals stays free.
    std::thread pinned([&] {
      pin_to_cpu_0();
      measure_round(clock, values, histogram, target, figures);
      figures = {};  // The first round warms the caches up.
      for (int round = 0; round < kRounds; ++round) {
        measure_round(clock, values, histogram, target, figures);
      }
    });
    pinned.join();
  }
  fmt::print("{:<38} {:>9}   {:>9} .. {:<9} {}\n", "3 digits, 1 ns .. 60 s", "median", "lowest",
             "highest", "goal");
  print("bare clock read [ns]", figures.clock, 1, "");
  print("record, exact min, max, total [ns]", figures.record, 1, "");
  print("record / clock read", figures.ratio, 1, "<= 0.15");
  print("the same, state kept in registers", figures.plain_ratio, 1, "<= 0.15");
  print("merge [us]", figures.merge, 1e3, "< 8");
  print("eight percentiles [us]", figures.percentiles, 1e3, "< 8");
  return measure_intervals(values) ? 0 : 1;
}

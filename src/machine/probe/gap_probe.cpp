// SPDX-License-Identifier: Apache-2.0
#include "machine/probe/gap_probe.hpp"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <functional>

namespace busmark {
namespace {

/// Largest distance to the reading after a logged gap that is still the probe's own doing: it asks
/// the kernel and touches memory that the interruption pushed out of the cache.
constexpr Nanoseconds kHandling{5'000};

std::int64_t switches_of_this_thread() noexcept {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw + usage.ru_nvcsw;
}

}  // namespace

GapLog::GapLog(Nanoseconds window)
    : slot_length_(std::max(Nanoseconds(1), window / std::int64_t{kSlots})), slots_(kSlots) {}

void GapLog::record(Nanoseconds start, Nanoseconds length, bool switched) noexcept {
  const auto value = static_cast<std::uint64_t>(std::max(length, Nanoseconds(0)).count());
  all_.record(value);
  if (switched) switched_.record(value);
  (switched ? lost_.switched : lost_.in_place) += length;
  // A gap belongs to every slot it reaches into; what lies behind the last one belongs to that.
  const Nanoseconds end = start + length;
  auto slot = std::min(static_cast<std::size_t>(std::max<std::int64_t>(0, start / slot_length_)),
                       kSlots - 1);
  for (Nanoseconds from = start; from < end; ++slot) {
    const bool last = slot == kSlots - 1;
    const Nanoseconds to =
        last ? end : std::min(end, slot_length_ * static_cast<std::int64_t>(slot + 1));
    (switched ? slots_[slot].switched : slots_[slot].in_place) += to - from;
    from = to;
  }
  keep_if_long({.start = start, .length = length, .switched = switched});
}

void GapLog::keep_if_long(const Gap& gap) noexcept {
  const auto shortest =
      std::min_element(longest_.begin(), longest_.end(),
                       [](const Gap& a, const Gap& b) { return a.length < b.length; });
  if (gap.length > shortest->length) *shortest = gap;
}

std::vector<Gap> GapLog::longest() const {
  std::vector<Gap> gaps;
  std::copy_if(longest_.begin(), longest_.end(), std::back_inserter(gaps),
               [](const Gap& gap) { return gap.length.count() > 0; });
  std::sort(gaps.begin(), gaps.end(),
            [](const Gap& a, const Gap& b) { return a.length > b.length; });
  return gaps;
}

Nanoseconds gap_threshold(const Clock& clock) noexcept {
  constexpr Nanoseconds kUsual{500};
  constexpr double kReads = 8;
  const auto slow =
      static_cast<std::int64_t>(std::ceil(kReads * clock.info().ordered_read_cost_ns));
  return std::max(kUsual, Nanoseconds(slow));
}

ProbeRun watch_gaps(const Clock& clock, const Window& window, Nanoseconds threshold,
                    const StopFlag& stop, GapLog& log) noexcept {
  const std::int64_t usual_limit = clock.to_ticks(threshold);
  const std::int64_t limit_after_gap = std::max(usual_limit, clock.to_ticks(kHandling));
  std::int64_t switches = switches_of_this_thread();
  std::int64_t limit = usual_limit;
  std::int64_t handling = 0;
  std::uint64_t reads = 0;

  const std::int64_t begin = window.measure;
  std::int64_t last = clock.now_after_loads();
  // Who comes too late was not let run: that is time lost like any other.
  if (last - begin >= usual_limit) {
    log.record(Nanoseconds(0), clock.duration(last - begin), true);
  }
  // What a core does when it wakes from idleness, clock and caches, is over before the window. Of a
  // gap that reaches into it, that part counts.
  while (last < begin) {
    if (stop.load(std::memory_order_relaxed)) return {};
    const std::int64_t now = clock.now_after_loads();
    if (now < begin && now - last >= usual_limit) switches = switches_of_this_thread();
    last = now < begin ? now : begin;
  }
  const std::int64_t end = window.end;
  while (last < end && !stop.load(std::memory_order_relaxed)) {
    const std::int64_t now = clock.now_after_loads();
    const std::int64_t distance = now - last;
    ++reads;
    if (distance >= limit) [[unlikely]] {
      const std::int64_t switches_now = switches_of_this_thread();
      log.record(clock.duration(last - begin), clock.duration(distance), switches_now != switches);
      switches = switches_now;
      limit = limit_after_gap;
    } else if (limit != usual_limit) [[unlikely]] {
      handling += distance;
      limit = usual_limit;
    }
    last = now;
  }
  return {.observed = clock.duration(last - begin),
          .handling = clock.duration(handling),
          .reads = reads};
}

Nanoseconds monotonic_now() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
}

void watch_timer(Nanoseconds first, Nanoseconds period, Nanoseconds end, const StopFlag& stop,
                 Histogram& lateness) noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  for (Nanoseconds due = first; due < end; due += period) {
    const timespec moment{.tv_sec = due.count() / kSecond, .tv_nsec = due.count() % kSecond};
    int error = EINTR;
    while (error == EINTR) {
      if (stop.load(std::memory_order_relaxed)) return;
      error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nullptr);
    }
    const Nanoseconds late = monotonic_now() - due;
    lateness.record(static_cast<std::uint64_t>(std::max<std::int64_t>(0, late.count())));
  }
}

}  // namespace busmark

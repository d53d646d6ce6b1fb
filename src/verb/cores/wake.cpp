// SPDX-License-Identifier: Apache-2.0
#include "verb/cores/wake.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/error.hpp"

#include "machine/affinity.hpp"
#include "machine/probe/on_two_cores.hpp"

namespace busmark {
namespace {

/// What both methods share: a word that the waker raises, and a system call that makes it known.
class Bell {
 public:
  explicit Bell(WakeMethod method) : method_(method) {
    if (method == WakeMethod::eventfd) {
      file_ = eventfd(0, EFD_CLOEXEC);
      if (file_ < 0) {
        throw SetupError(
            fmt::format("cannot make an eventfd: {}; raise ulimit -n", std::strerror(errno)));
      }
    }
  }
  ~Bell() {
    if (file_ >= 0) close(file_);
  }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void ring(std::uint32_t round) noexcept {
    word_.store(round, std::memory_order_release);  // pairs with the acquire in wait()
    if (method_ == WakeMethod::futex) {
      syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    } else {
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = write(file_, &one, sizeof one);
    }
  }

  /// Sleeps until `round` is rung.
  void wait(std::uint32_t round) noexcept {
    while (word_.load(std::memory_order_acquire) != round) {
      if (method_ == WakeMethod::futex) {
        syscall(SYS_futex, &word_, FUTEX_WAIT_PRIVATE, round - 1, nullptr, nullptr, 0);
      } else {
        std::uint64_t rings = 0;
        [[maybe_unused]] const ssize_t got = read(file_, &rings, sizeof rings);
      }
    }
  }

 private:
  WakeMethod method_;
  int file_ = -1;
  alignas(kNoSharing) std::atomic<std::uint32_t> word_{0};
};

struct Rounds {
  alignas(kNoSharing) std::atomic<std::uint32_t> asleep{0};  ///< The sleeper is about to sleep.
  alignas(kNoSharing) std::atomic<std::uint32_t> awake{0};
  std::int64_t woken_at = 0;  ///< Belongs to `awake`.
};

/// Looks until the other side is at `round`; gives the core away now and then in case both share
/// one.
void await(const std::atomic<std::uint32_t>& progress, std::uint32_t round) noexcept {
  for (int looks = 1; progress.load(std::memory_order_acquire) != round; ++looks) {
    if (looks % 1'000 == 0) sched_yield();
  }
}

void sleep_rounds(Bell& bell, Rounds& rounds, const Clock& clock, const WakePlan& plan) noexcept {
  const auto last = static_cast<std::uint32_t>(plan.wakes);
  for (std::uint32_t round = 1; round <= last; ++round) {
    rounds.asleep.store(round, std::memory_order_release);  // pairs with the acquire in await()
    bell.wait(round);
    rounds.woken_at = clock.now_after_loads();
    rounds.awake.store(round, std::memory_order_release);  // pairs with the acquire in await()
  }
}

/// One place for each wake-up: nothing allocates between them.
struct Spans {
  explicit Spans(int wakes)
      : latency(static_cast<std::size_t>(wakes)), call(static_cast<std::size_t>(wakes)) {}
  std::vector<Nanoseconds> latency;
  std::vector<Nanoseconds> call;
};

void wake_rounds(Bell& bell, Rounds& rounds, const Clock& clock, const WakePlan& plan,
                 Spans& spans) noexcept {
  const auto last = static_cast<std::uint32_t>(plan.wakes);
  const std::int64_t idle = clock.to_ticks(plan.idle);
  for (std::uint32_t round = 1; round <= last; ++round) {
    await(rounds.asleep, round);
    const std::int64_t due = clock.now() + idle;
    while (clock.now() < due) {
    }
    const std::int64_t before = clock.now_after_loads();
    bell.ring(round);
    const std::int64_t after = clock.now_after_loads();
    await(rounds.awake, round);
    spans.latency[round - 1] = clock.duration(rounds.woken_at - before);
    spans.call[round - 1] = clock.duration(after - before);
  }
}

/// The value that a `share` of the samples does not exceed; 0 is the smallest, 1 the largest.
Nanoseconds quantile(std::vector<Nanoseconds> samples, double share) {
  if (samples.empty()) return {};
  const auto size = static_cast<double>(samples.size());
  const auto rank = static_cast<std::ptrdiff_t>(std::max(1.0, std::ceil(share * size))) - 1;
  std::nth_element(samples.begin(), samples.begin() + rank, samples.end());
  return samples[static_cast<std::size_t>(rank)];
}

/// Nanoseconds that one call of `read` takes.
template <typename Read>
double cost_ns(const Clock& clock, Read read) {
  constexpr int kBlocks = 15;
  constexpr int kReads = 500;
  std::array<double, kBlocks> blocks{};
  for (double& block : blocks) {
    const std::int64_t start = clock.now_after_loads();
    for (int i = 0; i < kReads; ++i) read();
    block = static_cast<double>(clock.to_nanoseconds(clock.now_after_loads() - start)) / kReads;
  }
  std::nth_element(blocks.begin(), blocks.begin() + kBlocks / 2, blocks.end());
  return blocks[kBlocks / 2];
}

void keep(std::int64_t value) noexcept { asm volatile("" : : "r"(value) : "memory"); }

}  // namespace

std::string_view to_string(WakeMethod method) noexcept {
  return method == WakeMethod::futex ? "futex" : "eventfd";
}

WakePair measure_wake(const Clock& clock, CpuId waker, CpuId sleeper, WakeMethod method,
                      const WakePlan& plan) {
  WakePair pair;
  pair.waker = waker;
  pair.sleeper = sleeper;
  pair.method = method;
  Bell bell(method);
  Rounds rounds;
  Spans spans(plan.wakes);
  on_two_cores(
      sleeper, [&] { sleep_rounds(bell, rounds, clock, plan); }, waker,
      [&] { wake_rounds(bell, rounds, clock, plan, spans); });
  pair.min = quantile(spans.latency, 0);
  pair.p50 = quantile(spans.latency, 0.5);
  pair.p95 = quantile(spans.latency, 0.95);
  pair.max = quantile(spans.latency, 1);
  pair.call_p50 = quantile(spans.call, 0.5);
  return pair;
}

ClockCosts measure_clock_costs(const Clock& clock, CpuId cpu) {
  const AffinityGuard guard;
  pin_this_thread(cpu);
  const auto system = [](clockid_t id) {
    timespec time{};
    clock_gettime(id, &time);
    keep(time.tv_nsec);
  };
  return {.cpu = cpu,
          .counter = cost_ns(clock, [&] { keep(clock.now()); }),
          .ordered = cost_ns(clock, [&] { keep(clock.now_after_loads()); }),
          .monotonic = cost_ns(clock, [&] { system(CLOCK_MONOTONIC); }),
          .thread_cpu = cost_ns(clock, [&] { system(CLOCK_THREAD_CPUTIME_ID); })};
}

WakeMatrix measure_wake_matrix(const Clock& clock, const std::vector<CpuId>& cores,
                               const StopFlag& stop, const WakePlan& plan) {
  WakeMatrix matrix;
  for (const CpuId cpu : cores) matrix.clocks.push_back(measure_clock_costs(clock, cpu));
  for (const WakeMethod method : kWakeMethods) {
    for (const CpuId waker : cores) {
      for (const CpuId sleeper : cores) {
        if (waker == sleeper) continue;
        if (stop.load()) {
          matrix.interrupted = true;
          return matrix;
        }
        matrix.pairs.push_back(measure_wake(clock, waker, sleeper, method, plan));
      }
    }
  }
  return matrix;
}

}  // namespace busmark

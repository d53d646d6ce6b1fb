// SPDX-License-Identifier: Apache-2.0
#include "machine/perf_counters.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

#include <doctest/doctest.h>

namespace busmark {
namespace {

using namespace std::chrono_literals;

std::uint64_t count_of(const ThreadCounters::Readings& readings, PerfEvent event) {
  const auto& reading = readings[static_cast<std::size_t>(event)];
  return reading ? reading->count : 0;
}

/// Where a container refuses perf events altogether there is nothing to test.
bool counts_here(const ThreadCounters& counters, PerfEvent event) {
  if (counters.problem(event).empty()) return true;
  MESSAGE(to_string(event), ": ", counters.problem(event));
  return false;
}

TEST_CASE("the time on a core and the page faults of a thread are counted from another one") {
  std::atomic<pid_t> id{0};
  std::atomic<int> wanted{0};
  std::atomic<int> done{0};
  std::thread thread([&] {
    id = gettid();
    while (wanted == 0) std::this_thread::yield();
    constexpr std::size_t kTouched = 64;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* const memory =
        mmap(nullptr, kTouched * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, kTouched * page, MADV_NOHUGEPAGE);
    auto* const bytes = static_cast<volatile char*>(memory);
    for (std::size_t i = 0; i < kTouched; ++i) bytes[i * page] = 1;
    const auto end = std::chrono::steady_clock::now() + 5ms;
    while (std::chrono::steady_clock::now() < end) {
    }
    munmap(memory, kTouched * page);
    done = 1;
    while (wanted == 1) std::this_thread::yield();
  });
  while (id == 0) std::this_thread::yield();
  const ThreadCounters counters(id);
  const auto before = counters.read();
  wanted = 1;
  while (done == 0) std::this_thread::yield();
  const auto after = counters.read();
  wanted = 2;
  thread.join();
  if (counts_here(counters, PerfEvent::page_faults)) {
    CHECK(count_of(after, PerfEvent::page_faults) - count_of(before, PerfEvent::page_faults) >= 64);
  }
  if (counts_here(counters, PerfEvent::task_clock)) {
    CHECK(count_of(after, PerfEvent::task_clock) > count_of(before, PerfEvent::task_clock));
    // A thread that has ended keeps what it had.
    CHECK(count_of(counters.read(), PerfEvent::task_clock) >=
          count_of(after, PerfEvent::task_clock));
  }
  if (counts_here(counters, PerfEvent::instructions)) {
    CHECK(count_of(after, PerfEvent::instructions) > 10'000);
  }
}

TEST_CASE("each event is counted or says why not") {
  const ThreadCounters counters(gettid());
  const auto readings = counters.read();
  for (std::size_t i = 0; i < kPerfEvents; ++i) {
    CAPTURE(i);
    CHECK(readings[i].has_value() == counters.problem(static_cast<PerfEvent>(i)).empty());
  }
}

TEST_CASE("of what is no thread nothing is counted") {
  const ThreadCounters counters(1'999'999'999);
  for (const auto& reading : counters.read()) CHECK_FALSE(reading);
  CHECK_FALSE(counters.problem(PerfEvent::task_clock).empty());
}

TEST_CASE("a count is scaled up where events took turns") {
  const CounterReading before{.count = 100, .enabled = 10us, .running = 10us};
  const CounterReading whole{.count = 300, .enabled = 30us, .running = 30us};
  CHECK(increase_between(before, whole) == CounterIncrease{200, 1});
  const CounterReading part{.count = 300, .enabled = 50us, .running = 20us};
  CHECK(increase_between(before, part) == CounterIncrease{800, 0.25});
  const CounterReading never{.count = 100, .enabled = 50us, .running = 10us};
  CHECK_FALSE(increase_between(before, never));
  CHECK(increase_between(before, before) == CounterIncrease{0, 1});  // it slept
  const CounterReading back{.count = 50, .enabled = 30us, .running = 30us};
  CHECK(increase_between(before, back) == CounterIncrease{0, 1});
}

TEST_CASE("a refusal names the cure that would help") {
  const auto says = [](PerfEvent event, int error, std::optional<int> paranoid,
                       std::string_view words) {
    const std::string why = why_not_counted(event, error, paranoid);
    CAPTURE(why);
    CHECK(why.find(words) != std::string::npos);
  };
  says(PerfEvent::cycles, EACCES, 3, "is 3: sysctl -w kernel.perf_event_paranoid=1");
  says(PerfEvent::context_switches, EACCES, 2, "is 2: sysctl");
  says(PerfEvent::cycles, EPERM, 2, "--cap-add PERFMON");
  says(PerfEvent::cycles, EPERM, std::nullopt, "--cap-add PERFMON");
  says(PerfEvent::cycles, ENOENT, 2, "vPMU");
  says(PerfEvent::cycles, EOPNOTSUPP, 2, "vPMU");
  says(PerfEvent::page_faults, ENOENT, 2, "this kernel does not count it");
  says(PerfEvent::cycles, ENOSYS, {}, "without perf events");
  says(PerfEvent::cycles, EMFILE, 2, "ulimit -n");
  says(PerfEvent::cycles, EINVAL, 2, "Invalid argument");
}

}  // namespace
}  // namespace busmark

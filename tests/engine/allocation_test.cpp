// SPDX-License-Identifier: Apache-2.0
// Counts what the measured threads allocate while messages flow: through operator new, malloc or
// anything else that ends in the C library's allocator. It watches the loops that the library was
// compiled with, between the two moments at which each worker reads what it has used. Sanitizers
// bring their own allocator, so there the program only says that it stands aside.
#include <cstdlib>

#include <doctest/doctest.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BUSMARK_MALLOC_IS_TAKEN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BUSMARK_MALLOC_IS_TAKEN
#endif
#endif
#if !defined(__GLIBC__)
#define BUSMARK_MALLOC_IS_TAKEN
#endif

#ifdef BUSMARK_MALLOC_IS_TAKEN

TEST_CASE("allocations cannot be counted here, as malloc is not ours to replace") {
  MESSAGE("not counted in this build");
}

#else

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>

#include "aspect/stages/stages.hpp"
#include "machine/probe/gap_probe.hpp"
#include "support/plans.hpp"

namespace {

/// True on a thread that is in its loop. Trivial, so that reading it allocates nothing.
thread_local bool measured = false;
std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> loops{0};  ///< That were watched to their end.

void count() noexcept {
  if (measured) allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// What glibc's own functions do, and what the replaced ones hand on to.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t number, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) noexcept {
  count();
  return __libc_malloc(size);
}
void* calloc(size_t number, size_t size) noexcept {
  count();
  return __libc_calloc(number, size);
}
void* realloc(void* memory, size_t size) noexcept {
  count();
  return __libc_realloc(memory, size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  count();
  return __libc_memalign(alignment, size);
}
void* memalign(size_t alignment, size_t size) noexcept {
  count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, size_t alignment, size_t size) noexcept {
  count();
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

/// A worker reads its own usage right before its loop and right after it (busmark::thread_usage).
int getrusage(__rusage_who_t who, struct rusage* usage) noexcept {
  if (who == RUSAGE_THREAD) {
    if (measured) loops.fetch_add(1, std::memory_order_relaxed);
    measured = !measured;
  }
  return static_cast<int>(syscall(SYS_getrusage, who, usage));
}
}

namespace busmark {
namespace {

using namespace std::chrono_literals;

void check(const Scenario& scenario) {
  const std::uint64_t allocated = allocations.load();
  const std::uint64_t ended = loops.load();
  const RepetitionResult result = testing::run(scenario);
  CAPTURE(scenario.transport);
  CAPTURE(to_string(scenario.pattern));
  CAPTURE(scenario.payload.bytes);
  CAPTURE(scenario.batch);
  CAPTURE(to_string(scenario.load));
  CAPTURE(to_string(scenario.wait));
  CHECK(allocations.load() == allocated);
  CHECK(loops.load() - ended == scenario.threads());
  // Under saturation a busy machine may let the whole window pass before a producer runs.
  CHECK((result.counts.received > 0 || !scenario.load.open_loop()));
  CHECK(result.counts.received == result.counts.published);
}

/// One-way messages of all kinds of load.
void check_loads(const TransportInfo& info, Scenario scenario, ByteCount small) {
  check(scenario);
  scenario.arrivals = Arrivals::poisson;
  check(scenario);
  scenario.stages = {parse_stage("1x for 3ms"), parse_stage("ramp to 3x over 3ms"),
                     parse_stage("burst of 20 every 1ms for 2ms")};
  check(scenario);
  scenario.stages.clear();
  const ByteCount other = info.one_payload ? scenario.payload : small;
  scenario.mix = {{.name = "a", .weight = 3},
                  {.name = "b", .weight = 1, .payload = other, .work = 1us}};
  check(scenario);
  scenario.mix.clear();
  scenario.load.rate.reset();
  check(scenario);
}

void check_transport(const TransportInfo& info) {
  const ByteCount small{std::max(16U, info.min_payload)};
  for (const ByteCount payload : {small, ByteCount{4096}}) {
    for (const std::uint32_t batch : {1U, 16U}) {
      for (const WaitStrategy wait : {WaitStrategy::yield, WaitStrategy::park}) {
        Scenario scenario = testing::short_scenario(std::string(info.name));
        scenario.payload = payload;
        scenario.batch = batch;
        scenario.wait = wait;
        scenario.checksum = batch == 16;
        check_loads(info, scenario, small);
        if (!info.patterns.contains(Pattern::pipeline)) continue;
        scenario.pattern = Pattern::request_reply;
        check(scenario);
        scenario.pattern = Pattern::pipeline;
        scenario.consumers = 2;
        check(scenario);
      }
    }
  }
}

TEST_CASE("the counter sees every way to allocate, on a measured thread only") {
  const auto allocate = [] {
    std::free(std::malloc(8));
    std::free(std::calloc(1, 8));
    std::free(std::realloc(nullptr, 8));
    std::free(std::aligned_alloc(64, 64));
    ::operator delete(::operator new(8));
    ::operator delete (::operator new (64, std::align_val_t{64}), std::align_val_t{64});
  };
  const std::uint64_t before = allocations.load();
  allocate();
  CHECK(allocations.load() == before);
  measured = true;
  allocate();
  measured = false;
  CHECK(allocations.load() == before + 6);
}

TEST_CASE("a loop that allocates is found out") {
  const std::uint64_t before = allocations.load();
  (void)thread_usage();
  std::free(std::malloc(8));
  (void)thread_usage();
  std::free(std::malloc(8));
  CHECK(allocations.load() == before + 1);
}

TEST_CASE("no measured thread allocates from its first message on to the end of the drain") {
  for (const TransportEntry& entry : all_transport_entries()) {
    if (entry.info.lossless && entry.info.max_payload == 0 && testing::can_drive(entry)) {
      check_transport(entry.info);
    }
  }
}

TEST_CASE("no measured thread allocates while it talks to a server") {
  const TransportEntry& wire = *find_transport("nats/wire");
  if (testing::can_drive(wire)) {
    check_transport(wire.info);
  } else {
    MESSAGE("skipped: nats-server is missing");
  }
}

TEST_CASE("watching a core for gaps and late timers allocates nothing") {
  using namespace std::chrono_literals;
  const Clock clock = testing::test_clock();
  const StopFlag stop{false};
  GapLog log(20ms);
  Histogram lateness;
  Window window;
  window.measure = clock.now();
  window.end = window.measure + clock.to_ticks(20ms);
  const std::uint64_t before = allocations.load();
  measured = true;
  // At a threshold of nothing, readings are logged as gaps all the time.
  (void)watch_gaps(clock, window, 0ns, stop, log);
  watch_timer(monotonic_now(), 1ms, monotonic_now() + 5ms, stop, lateness);
  measured = false;
  CHECK(allocations.load() == before);
  CHECK(log.all().total() > 0);
  CHECK(lateness.total() > 0);
}

}  // namespace
}  // namespace busmark

#endif

// SPDX-License-Identifier: Apache-2.0
// Counts what the measured threads allocate while messages flow: through operator new, malloc or
// anything else that ends in the C library's allocator. Sanitizers bring their own, so there the
// program only says that it stands aside.
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

#include <algorithm>
#include <atomic>
#include <string>
#include <tuple>

#include "busmark/engine/gap_probe.hpp"
#include "busmark/transport/all_transports.hpp"

#include "../support/plans.hpp"

namespace {

/// True on a thread whose endpoint is in use. Trivial, so that reading it allocates nothing.
thread_local bool measured = false;
std::atomic<std::uint64_t> allocations{0};

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
}

namespace busmark {
namespace {

using namespace std::chrono_literals;

/// Marks its thread as measured from the first call of an endpoint until that endpoint is gone.
struct Mark {
  Mark() = default;
  ~Mark() { measured = false; }
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;
};

/// Transport `T`, whose endpoints mark their threads.
template <Transport T>
class Marking {
  using Inner = decltype(std::declval<T&>().publisher(0));
  using InnerSubscription = decltype(std::declval<T&>().subscription(0));

 public:
  static constexpr TransportInfo kInfo = T::kInfo;
  explicit Marking(const TransportOptions& options) : inner_(options) {}

  struct Publisher {
    Inner inner;
    Mark mark{};
    bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
      measured = true;
      return inner.try_publish(message, payload);
    }
    std::size_t try_publish_bulk(Message* messages, std::size_t number,
                                 const PayloadPattern& payload) noexcept {
      measured = true;
      return inner.try_publish_bulk(messages, number, payload);
    }
    void abandon(Message* messages, std::size_t number) noexcept {
      inner.abandon(messages, number);
    }
    void prepare() {
      if constexpr (requires { inner.prepare(); }) inner.prepare();
    }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return inner.dropped(); }
  };

  struct Subscription {
    InnerSubscription inner;
    Mark mark{};
    std::size_t poll(Message* messages, std::size_t number) noexcept {
      measured = true;
      return inner.poll(messages, number);
    }
    std::size_t poll_or_park(Message* messages, std::size_t number, Nanoseconds timeout) noexcept {
      measured = true;
      return inner.poll_or_park(messages, number, timeout);
    }
    [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
      return inner.payload(message);
    }
    void release(const Message& message) noexcept { inner.release(message); }
  };

  [[nodiscard]] Publisher publisher(std::uint32_t index) { return {inner_.publisher(index)}; }
  [[nodiscard]] Subscription subscription(std::uint32_t index) {
    return {inner_.subscription(index)};
  }

 private:
  T inner_;
};

template <typename T>
void check(const Scenario& scenario) {
  const std::uint64_t before = allocations.load();
  const RepetitionResult result = testing::run_on<Marking<T>>(scenario);
  const std::uint64_t counted = allocations.load() - before;
  CAPTURE(T::kInfo.name);
  CAPTURE(scenario.payload.bytes);
  CAPTURE(scenario.batch);
  CAPTURE(to_string(scenario.load));
  CAPTURE(to_string(scenario.wait));
  CHECK(counted == 0);
  // Under saturation a busy machine may let the whole window pass before a producer runs.
  CHECK((result.counts.received > 0 || !scenario.load.open_loop()));
  CHECK(result.counts.received == result.counts.published);
}

template <typename T>
void check_all() {
  const std::uint64_t small = std::max(16U, T::kInfo.min_payload);
  for (const std::uint64_t payload : {small, std::uint64_t{4096}}) {
    for (const std::uint32_t batch : {1U, 16U}) {
      for (const WaitStrategy wait : {WaitStrategy::yield, WaitStrategy::park}) {
        Scenario scenario = testing::short_scenario();
        scenario.payload = ByteCount{payload};
        scenario.batch = batch;
        scenario.wait = wait;
        scenario.checksum = batch == 16;
        check<T>(scenario);
        scenario.arrivals = Arrivals::poisson;
        check<T>(scenario);
        scenario.stages = {parse_stage("1x for 3ms"), parse_stage("ramp to 3x over 3ms"),
                           parse_stage("burst of 20 every 1ms for 2ms")};
        check<T>(scenario);
        scenario.stages.clear();
        const ByteCount other{T::kInfo.one_payload ? payload : small};
        scenario.mix = {{.name = "a", .weight = 3},
                        {.name = "b", .weight = 1, .payload = other, .work = 1us}};
        check<T>(scenario);
        scenario.mix.clear();
        scenario.load.rate.reset();
        check<T>(scenario);
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

TEST_CASE("no measured thread allocates from its first message on to the end of the drain") {
  [&]<typename... T>(std::type_identity<std::tuple<T...>>) {
    (check_all<T>(), ...);
  }(std::type_identity<LocalTransports>{});
}

TEST_CASE("no measured thread allocates while it talks to a server") {
  const std::string reason = NatsWireTransport::why_unavailable({.url = "own"});
  if (reason.empty()) {
    check_all<NatsWireTransport>();
  } else {
    MESSAGE("skipped: ", reason);
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

// SPDX-License-Identifier: Apache-2.0
// Publishers at full speed while other threads subscribe and unsubscribe at random. Runs
// BUSMARK_STRESS_SECONDS per queue (0.5 without it). A program of its own, as it counts
// allocations.
#include <malloc.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "busmark/bus/event_bus.hpp"
#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/mpmc_ring.hpp"
#include "busmark/queue/spsc_ring.hpp"

#if !defined(__has_feature)
#define __has_feature(name) 0
#endif

namespace {
std::atomic<std::int64_t> live_bytes{0};
}  // namespace

// Sanitizers bring some operators of their own, which would be half counted; LeakSanitizer
// does the same work.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
namespace {

void* counted(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  live_bytes += static_cast<std::int64_t>(malloc_usable_size(memory));
  return memory;
}
void uncounted(void* memory) noexcept {
  if (memory != nullptr) live_bytes -= static_cast<std::int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(std::malloc(bytes)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(align, (bytes + align - 1) / align * align));
}
void operator delete(void* memory) noexcept { uncounted(memory); }
void operator delete(void* memory, std::size_t) noexcept { uncounted(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { uncounted(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { uncounted(memory); }
#endif

namespace busmark {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kPublishers = 3;
constexpr std::uint32_t kStable = 4;  // Three plain subscriptions and a group of two, as one.
constexpr std::array<const char*, 6> kPatterns{"s.*", "s.1", ">", "s.>", "t.1", "*.1"};

std::chrono::duration<double> duration() {
  const char* text = std::getenv("BUSMARK_STRESS_SECONDS");
  return std::chrono::duration<double>(text != nullptr ? std::atof(text) : 0.5);
}

struct Payload {
  std::uint64_t publisher = 0;
  std::uint64_t sequence = 0;
  std::array<std::uint64_t, 4> copies{};  // Of the sequence: a torn payload would show.
};

/// What the stable subscriptions saw.
struct Seen {
  std::uint64_t next[kPublishers] = {};  // Per publisher, without gaps.
  std::uint64_t wrong = 0;
};

Payload read(const Received& received, std::uint64_t& wrong) {
  Payload payload;
  if (received.payload().size() != sizeof payload || received.subject() != "s.1") ++wrong;
  std::memcpy(&payload, received.payload().data(), sizeof payload);
  for (const std::uint64_t copy : payload.copies) wrong += copy != payload.sequence ? 1U : 0U;
  return payload;
}

template <typename Bus>
void publish(Bus& bus, std::uint64_t index, const std::atomic<bool>& stop, std::uint64_t& sent) {
  auto publisher = bus.publisher("s.1");
  while (!stop.load(std::memory_order_relaxed)) {
    Payload payload{index, sent, {sent, sent, sent, sent}};
    const auto bytes = std::as_bytes(std::span(&payload, 1));
    if (publisher.publish(bytes) == PublishResult::delivered) {
      ++sent;
    } else {
      std::this_thread::yield();
    }
  }
}

template <typename Bus>
void churn(Bus& bus, unsigned seed, const std::atomic<bool>& stop, std::uint64_t& changes,
           std::uint64_t& wrong) {
  constexpr bool kDropOld = !std::is_same_v<Bus, EventBus<SpscRing>>;
  std::mt19937 random(seed);
  std::vector<typename Bus::Subscription> present;
  while (!stop.load(std::memory_order_relaxed)) {
    if (present.size() < 1 + random() % 8) {
      const SlowConsumer policy = static_cast<SlowConsumer>(random() % 3);
      const SubscriptionOptions options{
          .capacity = 1 + random() % 8,
          // A blocked inbox that goes must not hold anybody up.
          .policy = policy == SlowConsumer::drop_old && !kDropOld ? SlowConsumer::block : policy};
      const char* pattern = kPatterns[random() % kPatterns.size()];
      present.push_back(random() % 3 == 0 ? bus.queue_subscribe(pattern, "passing", options)
                                          : bus.subscribe(pattern, options));
    } else {
      auto& chosen = present[random() % present.size()];
      // In order per publisher, whatever it is that it gets.
      std::uint64_t last[kPublishers] = {};
      for (auto left = random() % 8; left > 0; --left) {
        if (const auto received = chosen.receive()) {
          const Payload payload = read(*received, wrong);
          wrong += payload.sequence < last[payload.publisher] ? 1U : 0U;
          last[payload.publisher] = payload.sequence;
        }
      }
      std::swap(chosen, present.back());
      present.pop_back();
    }
    ++changes;
    if (random() % 4 == 0) std::this_thread::yield();
  }
}

template <typename Bus>
void read_stable(std::vector<typename Bus::Subscription>& plain,
                 std::vector<typename Bus::Subscription>& group, const std::atomic<bool>& done,
                 std::array<Seen, kStable>& seen) {
  std::array<std::uint64_t, kPublishers> group_sum{};
  std::array<std::array<std::uint64_t, kPublishers>, 2> last_of_member{};
  while (true) {
    const bool last_round = done.load(std::memory_order_acquire);
    bool idle = true;
    for (std::size_t i = 0; i < plain.size(); ++i) {
      while (const auto received = plain[i].receive()) {
        idle = false;
        const Payload payload = read(*received, seen[i].wrong);
        seen[i].wrong += payload.sequence != seen[i].next[payload.publisher]++ ? 1U : 0U;
      }
    }
    Seen& together = seen[kStable - 1];
    for (std::size_t member = 0; member < group.size(); ++member) {
      while (const auto received = group[member].receive()) {
        idle = false;
        const Payload payload = read(*received, together.wrong);
        std::uint64_t& last = last_of_member[member][payload.publisher];
        together.wrong += payload.sequence + 1 <= last ? 1U : 0U;
        last = payload.sequence + 1;
        ++together.next[payload.publisher];
        group_sum[payload.publisher] += payload.sequence;
      }
    }
    if (idle && last_round) break;
    if (idle) std::this_thread::yield();
  }
  for (std::uint32_t p = 0; p < kPublishers; ++p) {
    const std::uint64_t count = seen[kStable - 1].next[p];
    // The right number of messages, each member in order, and the right sum: every one once.
    seen[kStable - 1].wrong += count != 0 && group_sum[p] != count * (count - 1) / 2 ? 1U : 0U;
  }
}

template <typename Bus>
void stress(Bus& bus, std::chrono::duration<double> time) {
  const SubscriptionOptions stable{.capacity = 256, .policy = SlowConsumer::block};
  std::vector<typename Bus::Subscription> plain;
  for (const char* pattern : {"s.1", "s.*", ">"}) plain.push_back(bus.subscribe(pattern, stable));
  std::vector<typename Bus::Subscription> group;
  for (const char* pattern : {"s.1", "*.1"}) {
    group.push_back(bus.queue_subscribe(pattern, "stable", stable));
  }

  std::atomic<bool> stop{false};
  std::atomic<bool> stop_publishers{false};
  std::atomic<bool> done{false};
  std::array<std::uint64_t, kPublishers> sent{};
  std::array<std::uint64_t, 2> changes{};
  std::array<std::uint64_t, 2> wrong{};
  std::array<Seen, kStable> seen{};
  std::vector<std::thread> publishers;
  std::vector<std::thread> churners;
  for (std::uint32_t i = 0; i < kPublishers; ++i) {
    publishers.emplace_back([&, i] { publish(bus, i, stop_publishers, sent[i]); });
  }
  for (unsigned i = 0; i < 2; ++i) {
    churners.emplace_back([&, i] { churn(bus, 7 + i, stop, changes[i], wrong[i]); });
  }
  std::thread reader([&] { read_stable<Bus>(plain, group, done, seen); });
  const auto end = Clock::now() + time;
  while (Clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  // The churners first: their blocking inboxes could hold up a last message until it times out.
  stop = true;
  for (std::thread& thread : churners) thread.join();
  stop_publishers = true;
  for (std::thread& thread : publishers) thread.join();
  done.store(true, std::memory_order_release);
  reader.join();

  // Of fixed length, as the test framework keeps its buffer and we count bytes.
  const std::string told = fmt::format("sent {:>12}, changes {:>12}", sent[0] + sent[1] + sent[2],
                                       changes[0] + changes[1]);
  MESSAGE(told);
  CHECK(wrong[0] + wrong[1] == 0);
  for (const Seen& one : seen) {
    CHECK(one.wrong == 0);
    for (std::uint32_t i = 0; i < kPublishers; ++i) CHECK(one.next[i] == sent[i]);
  }
  for (std::uint32_t i = 0; i < kPublishers; ++i) CHECK(sent[i] > 0);
  CHECK(changes[0] + changes[1] > 0);
  for (const auto& subscription : plain) CHECK(subscription.dropped() == 0);
}

TEST_CASE_TEMPLATE(
    "stable subscriptions get every message once, in order, while others come and go", Bus,
    EventBus<SpscRing>, EventBus<MpmcRing>, EventBus<MoodycamelQueue>) {
  const BusOptions options{.max_publishers = kPublishers,
                           .payload_slots = 1024,
                           .publish_timeout = std::chrono::seconds(3600)};
  {
    Bus first(options);  // What the test framework keeps is allocated here.
    stress(first, std::chrono::duration<double>(0.05));
  }
  const std::int64_t before = live_bytes;
  {
    Bus bus(options);
    const std::size_t empty_tree = bus.interest_bytes();
    stress(bus, std::chrono::duration<double>(0.05));
    const std::int64_t level = live_bytes;
    stress(bus, duration());
    CHECK(bus.subscription_count() == 0);
    CHECK(bus.interest_bytes() == empty_tree);
    CHECK(bus.waiting_to_be_freed() == 0);
    // The lanes stay; what they remember of their last match may have grown.
    CHECK(live_bytes - level < 64 * 1024);
  }
  CHECK(live_bytes.load() == before);
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
// The threaded half of the conformance suite.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/bus/message.hpp"
#include "busmark/queue/all_queues.hpp"

using namespace busmark;

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool kSlow = true;
#elif defined(__has_feature)
constexpr bool kSlow = __has_feature(thread_sanitizer);
#else
constexpr bool kSlow = false;
#endif

/// As large and as aligned as a message, but with no mark to lend; its content is repeated so that
/// a torn item shows.
struct alignas(64) Item {
  std::uint64_t producer = 0;
  std::uint64_t sequence = 0;
  std::array<std::uint64_t, 6> copies{};
};

void number(Item& item, std::uint64_t producer, std::uint64_t sequence) {
  item = {.producer = producer, .sequence = sequence, .copies = {}};
  item.copies.fill(producer << 32 | sequence);
}
bool is_whole(const Item& item) {
  return std::all_of(item.copies.begin(), item.copies.end(), [&](std::uint64_t copy) {
    return copy == (item.producer << 32 | item.sequence);
  });
}
std::uint64_t producer_of(const Item& item) { return item.producer; }
std::uint64_t sequence_of(const Item& item) { return item.sequence; }

/// Lends the queue its mark.
void number(Message& message, std::uint64_t producer, std::uint64_t sequence) {
  message.producer = static_cast<std::uint16_t>(producer);
  message.sequence = sequence;
  message.due = message.sent = static_cast<std::int64_t>(sequence);
  message.size = message.checksum = message.subject = static_cast<std::uint32_t>(sequence);
  message.inline_payload.fill(static_cast<std::byte>(sequence));
}
bool is_whole(const Message& message) {
  Message expected;
  number(expected, message.producer, message.sequence);
  return message.queue_mark == 0 && message.due == expected.due && message.sent == expected.sent &&
         message.size == expected.size && message.checksum == expected.checksum &&
         message.subject == expected.subject && message.inline_payload == expected.inline_payload;
}
std::uint64_t producer_of(const Message& message) { return message.producer; }
std::uint64_t sequence_of(const Message& message) { return message.sequence; }

/// Several share a line.
void number(std::uint64_t& item, std::uint64_t producer, std::uint64_t sequence) {
  item = producer << 32 | sequence;
}
bool is_whole(std::uint64_t /*item*/) { return true; }
std::uint64_t producer_of(std::uint64_t item) { return item >> 32; }
std::uint64_t sequence_of(std::uint64_t item) { return item & 0xffff'ffffU; }

struct Shape {
  std::uint32_t producers = 1;
  std::uint32_t consumers = 1;
  std::size_t capacity = 64;
  std::size_t batch = 1;  ///< 1 uses the single calls; above, bulk calls of 1 to `batch` items.
  std::uint64_t items = kSlow ? 4'000 : 100'000;  ///< Of each producer.
};

template <typename T, typename Producer>
void produce(Producer& producer, std::uint64_t self, const Shape& shape) {
  std::vector<T> batch(shape.batch);
  for (std::uint64_t next = 0; next < shape.items;) {
    const std::size_t count = std::min<std::uint64_t>(next % shape.batch + 1, shape.items - next);
    for (std::size_t i = 0; i < count; ++i) number(batch[i], self, next + i);
    const std::size_t pushed = shape.batch == 1
                                   ? std::size_t{producer.try_push(std::move(batch[0]))}
                                   : producer.try_push_bulk(batch.data(), count);
    next += pushed;
    if (pushed == 0) std::this_thread::yield();
  }
}

/// What one consumer saw.
struct Witness {
  std::vector<std::vector<std::uint64_t>> sequences;  ///< By producer, in order of arrival.
  std::uint64_t torn = 0;
};

template <typename T, typename Consumer>
void consume(Consumer& consumer, const Shape& shape, std::atomic<std::uint64_t>& left,
             Witness& witness) {
  std::vector<T> batch(shape.batch);
  while (left.load(std::memory_order_relaxed) != 0) {
    const std::size_t popped = shape.batch == 1 ? std::size_t{consumer.try_pop(batch[0])}
                                                : consumer.try_pop_bulk(batch.data(), batch.size());
    if (popped == 0) std::this_thread::yield();
    for (std::size_t i = 0; i < popped; ++i) {
      if (!is_whole(batch[i]) || producer_of(batch[i]) >= shape.producers) {
        ++witness.torn;
      } else {
        witness.sequences[producer_of(batch[i])].push_back(sequence_of(batch[i]));
      }
    }
    left.fetch_sub(popped, std::memory_order_relaxed);
  }
}

/// Judges after all threads are joined: order per producer and consumer, then every item once.
void judge(const std::vector<Witness>& witnesses, const Shape& shape) {
  for (std::uint32_t producer = 0; producer < shape.producers; ++producer) {
    std::vector<std::uint64_t> all;
    for (const auto& witness : witnesses) {
      const auto& seen = witness.sequences[producer];
      CHECK(std::is_sorted(seen.begin(), seen.end()));
      all.insert(all.end(), seen.begin(), seen.end());
    }
    std::sort(all.begin(), all.end());
    REQUIRE(all.size() == shape.items);
    for (std::uint64_t i = 0; i < shape.items; ++i) REQUIRE(all[i] == i);
  }
  for (const auto& witness : witnesses) CHECK(witness.torn == 0);
}

template <typename Q>
void stress(const Shape& shape) {
  const auto allows = [](std::uint32_t limit, std::uint32_t n) { return limit == 0 || n <= limit; };
  if (!allows(Q::kInfo.max_producers, shape.producers)) return;
  if (!allows(Q::kInfo.max_consumers, shape.consumers)) return;
  CAPTURE(Q::kInfo.name);
  CAPTURE(shape.producers);
  CAPTURE(shape.consumers);
  CAPTURE(shape.capacity);
  CAPTURE(shape.batch);

  Q queue(shape.capacity, shape.producers);
  std::atomic<std::uint64_t> left{shape.producers * shape.items};
  std::vector<Witness> witnesses(shape.consumers);
  std::vector<std::thread> threads;
  for (auto& witness : witnesses) {
    witness.sequences.resize(shape.producers);
    threads.emplace_back([&] {
      auto consumer = queue.consumer();
      consume<typename Q::value_type>(consumer, shape, left, witness);
    });
  }
  for (std::uint32_t self = 0; self < shape.producers; ++self) {
    threads.emplace_back([&, self] {
      auto producer = queue.producer();
      produce<typename Q::value_type>(producer, self, shape);
    });
  }
  for (auto& thread : threads) thread.join();
  judge(witnesses, shape);

  typename Q::value_type rest{};
  auto consumer = queue.consumer();
  CHECK_FALSE(consumer.try_pop(rest));
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("one producer and one consumer lose, repeat and tear nothing", Q, pair) {
  for (const std::size_t capacity : {1U, 8U, 1024U}) {
    for (const std::size_t batch : {1U, 5U, 64U}) {
      stress<Q>({.capacity = capacity, .batch = batch});
    }
  }
}

TEST_CASE_TEMPLATE_DEFINE("many threads on both sides lose, repeat and tear nothing", Q, crowd) {
  for (const std::size_t capacity : {2U, 256U}) {
    for (const std::size_t batch : {1U, 7U, 64U}) {
      stress<Q>({.producers = 3,
                 .consumers = 3,
                 .capacity = capacity,
                 .batch = batch,
                 .items = kSlow ? 2'000 : 30'000});
    }
  }
}

TEST_CASE_TEMPLATE_DEFINE("lopsided crowds lose, repeat and tear nothing", Q, lopsided) {
  const std::uint64_t items = kSlow ? 2'000 : 30'000;
  for (const std::size_t batch : {1U, 16U}) {
    stress<Q>({.producers = 4, .consumers = 1, .capacity = 32, .batch = batch, .items = items});
    stress<Q>({.producers = 1, .consumers = 4, .capacity = 32, .batch = batch, .items = items});
  }
}

TEST_CASE_TEMPLATE_APPLY(pair, AllQueues<Item>);
TEST_CASE_TEMPLATE_APPLY(pair, AllQueues<Message>);
TEST_CASE_TEMPLATE_APPLY(pair, AllQueues<std::uint64_t>);
TEST_CASE_TEMPLATE_APPLY(crowd, AllQueues<Item>);
TEST_CASE_TEMPLATE_APPLY(crowd, AllQueues<Message>);
TEST_CASE_TEMPLATE_APPLY(lopsided, AllQueues<Item>);

// SPDX-License-Identifier: Apache-2.0
// Counts every allocation of this program: moodycamel's too, whose traits use operator new.
// Empty under clang's ThreadSanitizer, whose own operators cannot be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BUSMARK_OPERATOR_NEW_IS_TAKEN
#endif
#endif
#ifndef BUSMARK_OPERATOR_NEW_IS_TAKEN
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <doctest/doctest.h>

#include "busmark/queue/all_queues.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::aligned_alloc(alignment, (size + alignment) / alignment * alignment);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* memory = allocate(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

constexpr std::size_t kPlain = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
std::size_t raw(std::align_val_t alignment) { return static_cast<std::size_t>(alignment); }

}  // namespace

// All forms are replaced, as a sanitizer's own would not forward to ours.
void* operator new(std::size_t n) { return allocate_or_throw(n, kPlain); }
void* operator new[](std::size_t n) { return allocate_or_throw(n, kPlain); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return allocate(n, kPlain); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return allocate(n, kPlain); }
void* operator new(std::size_t n, std::align_val_t a) { return allocate_or_throw(n, raw(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return allocate_or_throw(n, raw(a)); }
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate(n, raw(a));
}
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return allocate(n, raw(a));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

using namespace busmark;

namespace {

struct alignas(64) Line {
  std::array<std::uint64_t, 8> words{};
};

/// Fills and drains by single and by bulk calls, many laps, hitting full and empty each time.
template <typename Producer, typename Consumer>
std::uint64_t work(Producer& producer, Consumer& consumer) {
  static std::array<Line, 64> items;
  std::uint64_t popped = 0;
  for (int lap = 0; lap < 50; ++lap) {
    while (producer.try_push(Line{})) {
    }
    while (consumer.try_pop(items[0])) ++popped;
    while (producer.try_push_bulk(items.data(), items.size()) != 0) {
    }
    while (const std::size_t n = consumer.try_pop_bulk(items.data(), items.size())) popped += n;
  }
  return popped;
}

}  // namespace

TEST_CASE("the counter sees plain and aligned allocations") {
  const auto before = allocations.load();
  ::operator delete(::operator new(8));
  ::operator delete (::operator new (64, std::align_val_t{64}), std::align_val_t{64});
  CHECK(allocations.load() == before + 2);
}

TEST_CASE_TEMPLATE_DEFINE("no endpoint allocates, from the first operation on", Q, allocation) {
  for (const std::size_t capacity : {1U, 100U, 5000U}) {
    const auto at_start = allocations.load();
    Q queue(capacity, 2);
    CHECK(allocations.load() > at_start);
    auto producer = queue.producer();
    auto consumer = queue.consumer();
    const auto before = allocations.load();
    std::uint64_t popped = work(producer, consumer);
    const auto counted = allocations.load() - before;
    CHECK(counted == 0);
    CHECK(popped >= 100 * capacity);

    if (Q::kInfo.max_producers == 1) continue;
    auto second_producer = queue.producer();
    auto second_consumer = queue.consumer();
    const auto again = allocations.load();
    popped = work(second_producer, consumer) + work(producer, second_consumer);
    const auto counted_again = allocations.load() - again;
    CHECK(counted_again == 0);
    CHECK(popped >= 200 * capacity);
  }
}

TEST_CASE_TEMPLATE_APPLY(allocation, AllQueues<Line>);

#endif

// SPDX-License-Identifier: Apache-2.0
// Needs: libatomic-queue-dev
// atomic_queue::AtomicQueueB2 (libatomic-queue-dev): any number of threads.
// Capacity: rounded up to a power of two of 4096 or more; allocates in its constructor alone.
#include <atomic_queue/atomic_queue.h>

#include <busmark/plugin.hpp>

struct AtomicQueue {
  explicit AtomicQueue(std::size_t capacity) : queue(static_cast<unsigned>(capacity)) {}
  bool try_push(const busmark_message& message) { return queue.try_push(message); }
  bool try_pop(busmark_message& message) { return queue.try_pop(message); }
  std::uint64_t capacity() const { return queue.capacity(); }
  atomic_queue::AtomicQueueB2<busmark_message> queue;
};

BUSMARK_PLUGIN(AtomicQueue, .name = "atomic-queue", .version = "2022-05",
               .summary = "atomic_queue::AtomicQueueB2");

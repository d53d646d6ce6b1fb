// SPDX-License-Identifier: Apache-2.0
// Needs: libboost-dev
// boost::lockfree::queue (Boost.Lockfree; libboost-dev): any number of threads.
// Capacity: nodes of a free list, one more than asked for, all of them taken from the allocator in
// the constructor; bounded_push() takes no more. At most 65534.
#include <busmark/plugin.hpp>

#include <boost/lockfree/queue.hpp>

struct BoostQueue {
  explicit BoostQueue(std::size_t capacity) : queue(capacity) {}
  bool try_push(const busmark_message& message) { return queue.bounded_push(message); }
  bool try_pop(busmark_message& message) { return queue.pop(message); }
  boost::lockfree::queue<busmark_message> queue;
};

BUSMARK_PLUGIN(BoostQueue, .name = "boost-queue", .version = "1.74",
               .summary = "boost::lockfree::queue, bounded");

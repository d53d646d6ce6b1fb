// SPDX-License-Identifier: Apache-2.0
// Needs: libboost-dev
// boost::lockfree::spsc_queue (Boost.Lockfree; libboost-dev).
// Capacity: what was asked for, exactly; allocates in its constructor alone.
#include <busmark/plugin.hpp>

#include <boost/lockfree/spsc_queue.hpp>

struct BoostSpsc {
  explicit BoostSpsc(std::size_t capacity) : queue(capacity) {}
  bool try_push(const busmark_message& message) { return queue.push(message); }
  bool try_pop(busmark_message& message) { return queue.pop(message); }
  boost::lockfree::spsc_queue<busmark_message> queue;
};

BUSMARK_PLUGIN(BoostSpsc, .name = "boost-spsc", .version = "1.74",
               .summary = "boost::lockfree::spsc_queue", .max_producers = 1, .max_consumers = 1);

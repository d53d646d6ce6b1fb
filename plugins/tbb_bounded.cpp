// SPDX-License-Identifier: Apache-2.0
// Needs: libtbb-dev -ltbb
// tbb::concurrent_bounded_queue (oneTBB; libtbb-dev): any number of threads.
// Capacity: what was asked for, exactly. It takes pages of items from its allocator as it goes, and
// gives them back when they are empty: so it says that it allocates. `busmark plugin check`
// cannot see it, as libtbb asks through pointers of its own.
#include <tbb/concurrent_queue.h>

#include <busmark/plugin.hpp>

struct TbbBounded {
  explicit TbbBounded(std::size_t capacity) {
    queue.set_capacity(static_cast<std::ptrdiff_t>(capacity));
  }
  bool try_push(const busmark_message& message) { return queue.try_push(message); }
  bool try_pop(busmark_message& message) { return queue.try_pop(message); }
  tbb::concurrent_bounded_queue<busmark_message> queue;
};

BUSMARK_PLUGIN(TbbBounded, .name = "tbb-bounded", .version = "2021.8",
               .summary = "tbb::concurrent_bounded_queue", .flags = BUSMARK_ALLOCATES);

// SPDX-License-Identifier: Apache-2.0
// Needs: libxenium-dev
// xenium::vyukov_bounded_queue (libxenium-dev): any number of threads.
// Capacity: rounded up to a power of two; allocates in its constructor alone.
#include <bit>
#include <busmark/plugin.hpp>
#include <xenium/vyukov_bounded_queue.hpp>

struct XeniumVyukov {
  explicit XeniumVyukov(std::size_t least)
      : slots(std::bit_ceil(least < 2 ? std::size_t{2} : least)), queue(slots) {}
  bool try_push(const busmark_message& message) { return queue.try_push_strong(message); }
  bool try_pop(busmark_message& message) { return queue.try_pop_strong(message); }
  std::uint64_t capacity() const { return slots; }
  std::size_t slots;
  xenium::vyukov_bounded_queue<busmark_message> queue;
};

BUSMARK_PLUGIN(XeniumVyukov, .name = "xenium-vyukov", .version = "0.0.2",
               .summary = "xenium::vyukov_bounded_queue");

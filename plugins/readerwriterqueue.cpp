// SPDX-License-Identifier: Apache-2.0
// Needs: libreaderwriterqueue-dev
// moodycamel::ReaderWriterQueue (libreaderwriterqueue-dev): one thread on either side.
// Capacity: at least what was asked for, in blocks; try_enqueue() takes no more memory.
#include <readerwriterqueue/readerwriterqueue.h>

#include <busmark/plugin.hpp>

struct ReaderWriter {
  explicit ReaderWriter(std::size_t capacity) : queue(capacity) {}
  bool try_push(const busmark_message& message) { return queue.try_enqueue(message); }
  bool try_pop(busmark_message& message) { return queue.try_dequeue(message); }
  std::uint64_t capacity() const { return queue.max_capacity(); }
  moodycamel::ReaderWriterQueue<busmark_message> queue;
};

BUSMARK_PLUGIN(ReaderWriter, .name = "readerwriterqueue", .version = "1.0.6",
               .summary = "moodycamel::ReaderWriterQueue", .max_producers = 1, .max_consumers = 1);

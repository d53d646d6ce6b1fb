// SPDX-License-Identifier: Apache-2.0
// A ring behind a spin lock, and one fault, which BUSMARK_FAULT names: what plugin_test.py expects
// to be told of. 0 is a whole one.
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "busmark/plugin.h"

namespace {

// One number for each, in the order of plugin_test.py.
enum Fault {
  whole,
  other_major,
  small_table,
  null_push,
  null_table,
  no_symbol,
  bad_name,
  unknown_flag,
  crash_at_load,
  crash_in_open,
  throw_in_open,
  refuse_open,
  crash_in_consumer,
  lose,
  twice,
  reorder,
  write_beyond,
  block_in_push,
  throw_in_push,
  allocate_in_push,
  no_bound,
  too_small,
  take_too_many,
  change_refused,
  crash_in_close,
  other_bytes,
  give_from_nothing,
  race,
  exit_in_push,
};
constexpr int kFault = BUSMARK_FAULT;

struct Ring {
  std::atomic_flag lock = ATOMIC_FLAG_INIT;
  busmark_message* slots = nullptr;
  std::size_t size = 0;
  std::size_t first = 0;
  std::size_t count = 0;
  std::size_t pushed = 0;
};

class Locked {
 public:
  explicit Locked(Ring& ring) : ring_(ring) {
    if (kFault == race) return;
    while (ring_.lock.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~Locked() { ring_.lock.clear(std::memory_order_release); }

 private:
  Ring& ring_;
};

[[gnu::constructor]] void at_load() {
  if (kFault == crash_at_load) std::raise(SIGSEGV);
}

void* open_ring(const busmark_options* options, busmark_error* error) {
  if (kFault == crash_in_open) std::raise(SIGSEGV);
  if (kFault == throw_in_open) throw std::runtime_error("no ring today");
  if (kFault == refuse_open) {
    std::strcpy(error->text, "the moon is full");
    return nullptr;
  }
  auto* ring = new Ring;
  ring->size = kFault == too_small  ? options->capacity / 2
               : kFault == no_bound ? std::size_t{1} << 20
                                    : options->capacity;
  ring->slots = static_cast<busmark_message*>(
      std::aligned_alloc(alignof(busmark_message), ring->size * sizeof(busmark_message)));
  return ring;
}

void close_ring(void* bus) {
  auto* ring = static_cast<Ring*>(bus);
  if (kFault == crash_in_close && ring->count > 1) std::raise(SIGSEGV);
  std::free(ring->slots);
  delete ring;
}

void* endpoint(void* bus, uint32_t, busmark_error*) { return bus; }
void* consumer(void* bus, uint32_t, busmark_error*) {
  if (kFault == crash_in_consumer) std::raise(SIGBUS);
  return bus;
}
void end(void*) {}

std::size_t push(void* producer, busmark_message* messages, std::size_t n) {
  Ring& ring = *static_cast<Ring*>(producer);
  const Locked locked(ring);
  if (kFault == exit_in_push) _exit(7);
  if (kFault == throw_in_push && ring.pushed == 100)
    throw std::runtime_error("a hundred is enough");
  if (kFault == allocate_in_push) {
    void* volatile memory = std::malloc(100);  // or the compiler takes both calls away
    std::free(memory);
  }
  std::size_t done = 0;
  for (; done < n; ++done) {
    if (ring.count == ring.size) {
      if (kFault == block_in_push) ::pause();
      if (kFault == change_refused) messages[done].due = -1;
      break;
    }
    ++ring.pushed;
    if (kFault == lose && ring.pushed % 50 == 0) continue;
    const std::size_t place = (ring.first + ring.count) % ring.size;
    ring.slots[place] = messages[done];
    if (kFault == other_bytes && ring.pushed % 50 == 0) ring.slots[place].bytes[3] ^= 1;
    ++ring.count;
    if (kFault == reorder && ring.pushed % 50 == 0 && ring.count > 1) {
      std::swap(ring.slots[place], ring.slots[(place + ring.size - 1) % ring.size]);
    }
  }
  return kFault == take_too_many && done == n ? n + 1 : done;
}

std::size_t pop(void* consumer, busmark_message* messages, std::size_t n) {
  Ring& ring = *static_cast<Ring*>(consumer);
  const Locked locked(ring);
  std::size_t done = 0;
  while (done < n && ring.count > 0) {
    messages[done++] = ring.slots[ring.first];
    if (kFault == twice && ring.pushed % 50 == 0 && ring.pushed-- > 0) break;
    ring.first = (ring.first + 1) % ring.size;
    --ring.count;
  }
  if (kFault == write_beyond) messages[n].due = 1;
  if (kFault == give_from_nothing && done == 0) {
    messages[0] = busmark_message{};
    return 1;
  }
  return done;
}

}  // namespace

#if BUSMARK_FAULT == 5
#define busmark_plugin_table some_other_function
extern "C" BUSMARK_PLUGIN_EXPORT const busmark_plugin* some_other_function(void);
#endif

extern "C" BUSMARK_PLUGIN_EXPORT const busmark_plugin* busmark_plugin_table(void) {
  static busmark_plugin table{};
  table.size = kFault == small_table ? 40 : sizeof table;
  table.abi_major = kFault == other_major ? 2 : BUSMARK_PLUGIN_ABI_MAJOR;
  table.abi_minor = BUSMARK_PLUGIN_ABI_MINOR;
  table.name = kFault == bad_name ? "my queue" : "broken";
  table.version = "0.1";
  table.summary = "a ring with a fault";
  table.patterns = BUSMARK_PATTERN_ONE_WAY | BUSMARK_PATTERN_FAN_IN | BUSMARK_PATTERN_QUEUE_GROUP;
  table.flags = kFault == unknown_flag ? 1U << 30 : 0;
  table.open = open_ring;
  table.close = close_ring;
  table.producer = endpoint;
  table.end_producer = end;
  table.consumer = consumer;
  table.end_consumer = end;
  table.push = kFault == null_push ? nullptr : push;
  table.pop = pop;
  return kFault == null_table ? nullptr : &table;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A ring for one thread on either side, in C11 over the C ABI alone.
 * cc -std=c11 -O2 -shared -fPIC $(pkg-config --cflags busmark) ring.c -o ring.so */
#include <busmark/plugin.h>
#include <stdatomic.h>
#include <stdlib.h>

struct ring {
  busmark_message* slots;
  size_t size;
  _Alignas(128) atomic_size_t head; /* Next to be taken; the consumer's. */
  _Alignas(128) atomic_size_t tail; /* Next to be written; the producer's. */
};

static void* open_ring(const busmark_options* options, busmark_error* error) {
  static const char why[] = "no memory for the ring";
  struct ring* ring = aligned_alloc(128, sizeof *ring);
  busmark_message* slots = aligned_alloc(64, options->capacity * sizeof *slots);
  if (ring == NULL || slots == NULL) {
    free(ring);
    free(slots);
    for (size_t i = 0; i < sizeof why; ++i) error->text[i] = why[i];
    return NULL;
  }
  ring->slots = slots;
  ring->size = options->capacity;
  atomic_init(&ring->head, 0);
  atomic_init(&ring->tail, 0);
  return ring;
}

static void close_ring(void* bus) {
  struct ring* ring = bus;
  free(ring->slots);
  free(ring);
}

/* The ring is all that an endpoint needs. */
static void* endpoint(void* bus, uint32_t index, busmark_error* error) {
  (void)index;
  (void)error;
  return bus;
}
static void end(void* endpoint) { (void)endpoint; }

static size_t push(void* producer, busmark_message* messages, size_t n) {
  struct ring* ring = producer;
  const size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  const size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
  const size_t room = ring->size - (tail - head);
  if (n > room) n = room;
  for (size_t i = 0; i < n; ++i) ring->slots[(tail + i) % ring->size] = messages[i];
  atomic_store_explicit(&ring->tail, tail + n, memory_order_release);
  return n;
}

static size_t pop(void* consumer, busmark_message* messages, size_t n) {
  struct ring* ring = consumer;
  const size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  const size_t there = atomic_load_explicit(&ring->tail, memory_order_acquire) - head;
  if (n > there) n = there;
  for (size_t i = 0; i < n; ++i) messages[i] = ring->slots[(head + i) % ring->size];
  atomic_store_explicit(&ring->head, head + n, memory_order_release);
  return n;
}

BUSMARK_PLUGIN_EXPORT const busmark_plugin* busmark_plugin_table(void) {
  static const busmark_plugin table = {
      .size = sizeof(busmark_plugin),
      .abi_major = BUSMARK_PLUGIN_ABI_MAJOR,
      .abi_minor = BUSMARK_PLUGIN_ABI_MINOR,
      .name = "c-ring",
      .version = "1.0",
      .summary = "one producer, one consumer, in C",
      .max_producers = 1,
      .max_consumers = 1,
      .patterns = BUSMARK_PATTERN_ONE_WAY,
      .open = open_ring,
      .close = close_ring,
      .producer = endpoint,
      .end_producer = end,
      .consumer = endpoint,
      .end_consumer = end,
      .push = push,
      .pop = pop,
  };
  return &table;
}

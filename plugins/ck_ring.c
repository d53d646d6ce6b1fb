/* SPDX-License-Identifier: Apache-2.0 */
/* Needs: libck-dev -lck */
/* ck_ring of Concurrency Kit (libck-dev), for any number of threads. In C: its header is no C++.
 * Capacity: a power of two of which one place stays empty, so that up to twice what was asked for
 * is held; allocates in open alone. It moves pointers: messages lie in a pool, whose free places
 * stand in a second ring, as its users do it. */
#include <busmark/plugin.h>
#include <ck_ring.h>
#include <stdlib.h>
#include <string.h>

struct bus {
  ck_ring_t full;
  ck_ring_t free;
  ck_ring_buffer_t* full_places;
  ck_ring_buffer_t* free_places;
  busmark_message* pool;
  unsigned size;
};

static void close_bus(void* opened) {
  struct bus* bus = opened;
  free(bus->full_places);
  free(bus->free_places);
  free(bus->pool);
  free(bus);
}

static void* open_bus(const busmark_options* options, busmark_error* error) {
  struct bus* bus = aligned_alloc(128, (sizeof *bus + 127) / 128 * 128);
  if (bus == NULL) return NULL;
  memset(bus, 0, sizeof *bus);
  for (bus->size = 2; bus->size <= options->capacity;) bus->size *= 2;
  bus->full_places = calloc(bus->size, sizeof *bus->full_places);
  bus->free_places = calloc(bus->size, sizeof *bus->free_places);
  bus->pool = aligned_alloc(64, bus->size * sizeof *bus->pool);
  if (bus->full_places == NULL || bus->free_places == NULL || bus->pool == NULL) {
    strcpy(error->text, "no memory for the rings");
    close_bus(bus);
    return NULL;
  }
  ck_ring_init(&bus->full, bus->size);
  ck_ring_init(&bus->free, bus->size);
  for (unsigned i = 0; i + 1 < bus->size; ++i) {
    ck_ring_enqueue_mpmc(&bus->free, bus->free_places, &bus->pool[i]);
  }
  return bus;
}

static void* endpoint(void* bus, uint32_t index, busmark_error* error) {
  (void)index;
  (void)error;
  return bus;
}
static void end(void* endpoint) { (void)endpoint; }

static size_t push(void* producer, busmark_message* messages, size_t n) {
  struct bus* bus = producer;
  size_t done = 0;
  for (; done < n; ++done) {
    void* place = NULL;
    if (!ck_ring_dequeue_mpmc(&bus->free, bus->free_places, &place)) break;
    *(busmark_message*)place = messages[done];
    ck_ring_enqueue_mpmc(&bus->full, bus->full_places, place); /* It has room for all places. */
  }
  return done;
}

static size_t pop(void* consumer, busmark_message* messages, size_t n) {
  struct bus* bus = consumer;
  size_t done = 0;
  for (; done < n; ++done) {
    void* place = NULL;
    if (!ck_ring_dequeue_mpmc(&bus->full, bus->full_places, &place)) break;
    messages[done] = *(busmark_message*)place;
    ck_ring_enqueue_mpmc(&bus->free, bus->free_places, place);
  }
  return done;
}

static uint64_t capacity(void* bus) { return ((struct bus*)bus)->size - 1; }

BUSMARK_PLUGIN_EXPORT const busmark_plugin* busmark_plugin_table(void) {
  static const busmark_plugin table = {
      .size = sizeof(busmark_plugin),
      .abi_major = BUSMARK_PLUGIN_ABI_MAJOR,
      .abi_minor = BUSMARK_PLUGIN_ABI_MINOR,
      .name = "ck-ring",
      .version = "0.7.1",
      .summary = "ck_ring, mpmc, of places in a pool",
      .patterns = BUSMARK_PATTERN_ONE_WAY | BUSMARK_PATTERN_FAN_IN | BUSMARK_PATTERN_QUEUE_GROUP,
      .open = open_bus,
      .close = close_bus,
      .producer = endpoint,
      .end_producer = end,
      .consumer = endpoint,
      .end_consumer = end,
      .push = push,
      .pop = pop,
      .capacity = capacity,
  };
  return &table;
}

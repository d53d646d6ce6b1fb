/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BUSMARK_PLUGIN_H
#define BUSMARK_PLUGIN_H

/*
 * The open door: a queue, bus or broker of your own, measured by busmark as one of its own is.
 *
 * A plugin is a shared library with one exported function,
 *
 *     BUSMARK_PLUGIN_EXPORT const busmark_plugin *busmark_plugin_table(void);
 *
 * which returns a table that lives as long as the library. C11, C++ and whatever else speaks the C
 * ABI; in C++, <busmark/plugin.hpp> writes the table. Nothing is to be linked.
 *
 * Threads. The host calls open() and close() on one thread, each endpoint's maker, functions and
 * end on the thread that uses it, and nothing else at the same time for the same endpoint. It calls
 * functions of different endpoints at the same time.
 * Lifetime. open(); endpoints are made, used and ended; close(). No endpoint outlives its bus. An
 * index may be made again once it has been ended, and goes on where the old one stopped.
 * The measured time. push(), pop(), wait() and dropped() must neither allocate nor throw, and
 * push() and pop() must not block: what cannot be done now is refused by the number returned.
 * Exceptions may cross none of these functions.
 *
 * What breaks plugins and what does not: docs/decisions/0016-plugins.md.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define BUSMARK_ALIGNED(bytes) alignas(bytes)
#else
#define BUSMARK_ALIGNED(bytes) _Alignas(bytes)
#endif

/* A table of another major version is refused. A higher minor version has more at its end. */
#define BUSMARK_PLUGIN_ABI_MAJOR 1
#define BUSMARK_PLUGIN_ABI_MINOR 0

#define BUSMARK_PLUGIN_EXPORT __attribute__((visibility("default")))

/*
 * One message, in a cache line. All but the payload is the host's and arrives as it was sent.
 *
 * A plugin without BUSMARK_CARRIES_BYTES moves the 64 bytes as they are and looks at none of them:
 * `bytes` hold a short payload, and `payload` is a handle of the host's for a longer one.
 * With it, `payload` is where `size` bytes stand, and the plugin carries the first
 * BUSMARK_HEADER_BYTES bytes of the message and those: in push() they are the host's and valid
 * until it returns; in pop() they are the plugin's and valid until the next call with that
 * endpoint. `bytes` then mean nothing.
 */
typedef struct busmark_message {
  BUSMARK_ALIGNED(64) int64_t due; /* Ticks of the host's clock, as the next. */
  int64_t sent;
  uint64_t sequence; /* Of its producer, from 0, without gaps. */
  uint16_t producer;
  uint16_t queue_mark; /* 0; the queue's own while the message lies in it. */
  uint32_t size; /* Bytes of payload. */
  uint32_t checksum;
  uint32_t subject;
  const void* payload;
  unsigned char bytes[16];
#ifdef __cplusplus
  /* All but `queue_mark`: so busmark's own rings carry it in one cache line. */
  void copy_but_mark(const busmark_message& from) noexcept {
    due = from.due;
    sent = from.sent;
    sequence = from.sequence;
    producer = from.producer;
    size = from.size;
    checksum = from.checksum;
    subject = from.subject;
    payload = from.payload;
    for (int i = 0; i < 16; ++i) bytes[i] = from.bytes[i];
  }
#endif
} busmark_message;

#define BUSMARK_HEADER_BYTES 40

/* What a scenario asks of the bus. Later versions have more behind: `size` tells. */
typedef struct busmark_options {
  uint32_t size;      /* Of this struct, in bytes. */
  uint32_t producers; /* Most of them at once, with indices from 0. */
  uint32_t consumers;
  uint32_t capacity; /* Messages; may be rounded up, or fewer where capacity() says so. push()
                      * refuses at a fixed bound. */
  uint32_t payload;  /* Bytes of the largest. */
  uint32_t batch;    /* Most messages of a call. */
  uint32_t pattern;  /* One BUSMARK_PATTERN_... */
  uint32_t parking;  /* 1: consumers sleep while there is nothing. */
} busmark_options;

/* Why something cannot be had: one sentence, UTF-8, ended by a zero. */
typedef struct busmark_error {
  char text[256];
} busmark_error;

/* Bits of busmark_plugin.patterns: who gets a message. */
#define BUSMARK_PATTERN_ONE_WAY 1u     /* Whichever consumer comes first. */
#define BUSMARK_PATTERN_FAN_IN 2u      /* The one consumer of many producers. */
#define BUSMARK_PATTERN_QUEUE_GROUP 4u /* One of many consumers. */
#define BUSMARK_PATTERN_FAN_OUT 8u     /* Every consumer. */

/* Bits of busmark_plugin.flags. */
#define BUSMARK_CARRIES_BYTES 1u /* See busmark_message. */
#define BUSMARK_LOSSY 2u         /* A message that was taken may be lost: that spoils no run. */
#define BUSMARK_ALLOCATES 4u     /* push(), pop() and wait() may allocate all the same. */
/* A server or threads of its own carry the messages: they are left a core, on which open() is called,
 * so that what is started there stays there. */
#define BUSMARK_OWN_THREADS 8u

/* Grows at its end alone. Functions are never null where nothing else is said. */
typedef struct busmark_plugin {
  uint32_t size; /* sizeof(busmark_plugin): which of the fields there are. */
  uint16_t abi_major;
  uint16_t abi_minor;
  const char* name;       /* Letters, digits and any of . _ - + =, such as "my-ring". */
  const char* version;    /* Your own, for results: "1.2". */
  const char* summary;    /* One line. */
  uint32_t max_producers; /* 0: any number; so for the next three. */
  uint32_t max_consumers;
  uint32_t min_payload; /* Bytes. */
  uint32_t max_payload;
  uint32_t patterns;
  uint32_t flags;

  /* The bus, or null and why. `options` are valid until it returns. */
  void* (*open)(const busmark_options* options, busmark_error* error);
  /* Messages that are still inside go with it. */
  void (*close)(void* bus);

  /* An endpoint, or null and why. May allocate and block. */
  void* (*producer)(void* bus, uint32_t index, busmark_error* error);
  void (*end_producer)(void* producer);
  void* (*consumer)(void* bus, uint32_t index, busmark_error* error);
  void (*end_consumer)(void* consumer);

  /* Takes the first k of n messages, in order, and returns k: 0 when full. Those behind stay as
   * they are. The order of one producer's messages is kept. */
  size_t (*push)(void* producer, busmark_message* messages, size_t n);
  /* Writes up to n messages and returns how many: 0 when there are none now. Nothing behind. */
  size_t (*pop)(void* consumer, busmark_message* messages, size_t n);

  /* May be null, as all below. pop() that sleeps until there is something, or for at most so long.
   * Null: the host lets consumers sleep and wakes one after a push(). */
  size_t (*wait)(void* consumer, busmark_message* messages, size_t n, int64_t timeout_ns);
  /* Messages of this producer that were taken and then thrown away on purpose. Null: none. */
  uint64_t (*dropped)(void* producer);
  /* Messages that it really holds at once. Null: what was asked for. */
  uint64_t (*capacity)(void* bus);
  /* What else it can do: a struct of functions, or null for what it does not know. `id` is
   * "busmark.NAME/VERSION"; a struct never changes, a new one gets a new number. ABI 1.0 asks for
   * none. */
  const void* (*extension)(const char* id);
} busmark_plugin;

/* The one symbol. Must not fail; null counts as a refusal. */
BUSMARK_PLUGIN_EXPORT const busmark_plugin* busmark_plugin_table(void);

#ifdef __cplusplus
} /* extern "C" */
static_assert(sizeof(busmark_message) == 64 &&
                  offsetof(busmark_message, payload) == BUSMARK_HEADER_BYTES,
              "a message is one cache line");
#else
_Static_assert(sizeof(busmark_message) == 64 &&
                   offsetof(busmark_message, payload) == BUSMARK_HEADER_BYTES,
               "a message is one cache line");
#endif

#endif

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>

#include "busmark/plugin.h"
#include "busmark/queue/queue.hpp"

/// A plugin by one line: `BUSMARK_PLUGIN(MyQueue, .name = "my-queue", .version = "1.2")`, in one
/// source of a shared library, outside any namespace. What follows the class are fields of
/// busmark::PluginInfo in their order. The class meets Queue (of busmark_message), PlainQueue or
/// PluginBus. Nothing is to be linked.
#define BUSMARK_PLUGIN(Class, ...)                                                    \
  extern "C" BUSMARK_PLUGIN_EXPORT const busmark_plugin* busmark_plugin_table(void) { \
    static constexpr busmark_plugin kTable =                                          \
        busmark::plugin_table<Class>(busmark::PluginInfo{__VA_ARGS__});               \
    return &kTable;                                                                   \
  }                                                                                   \
  static_assert(true, "so that a semicolon may follow")

namespace busmark {

/// What a plugin says of itself. A limit of 0 is none.
struct PluginInfo {
  const char* name;
  const char* version = "0";
  const char* summary = "";
  std::uint32_t max_producers = 0;
  std::uint32_t max_consumers = 0;
  std::uint32_t min_payload = 0;  ///< Bytes.
  std::uint32_t max_payload = 0;
  std::uint32_t patterns =
      BUSMARK_PATTERN_ONE_WAY | BUSMARK_PATTERN_FAN_IN | BUSMARK_PATTERN_QUEUE_GROUP;
  std::uint32_t flags = 0;
};

/// All that a bus of plugin.h does, as a class. Constructors and makers of endpoints may throw what
/// derives from std::exception; its text is then the reason. Where they are there, it has
/// `capacity()`, a consumer `wait(messages, count, timeout_ns)`, a producer `dropped()`.
template <typename B>
concept PluginBus = std::constructible_from<B, const busmark_options&> &&
    requires(B bus, std::uint32_t index, busmark_message* messages, std::size_t count) {
  { bus.producer(index).push(messages, count) } -> std::same_as<std::size_t>;
  { bus.consumer(index).pop(messages, count) } -> std::same_as<std::size_t>;
};

/// The least that a queue can be: all threads share it, a message at a time, false when it is full
/// or empty.
template <typename Q>
concept PlainQueue = std::constructible_from<Q, std::size_t> &&
    requires(Q queue, busmark_message message) {
  { queue.try_push(message) } -> std::same_as<bool>;
  { queue.try_pop(message) } -> std::same_as<bool>;
};

/// A PlainQueue as a PluginBus.
template <PlainQueue Q>
class PlainQueueBus {
 public:
  explicit PlainQueueBus(const busmark_options& options) : queue_(options.capacity) {}

  struct Producer {
    std::size_t push(busmark_message* messages, std::size_t count) {
      std::size_t done = 0;
      while (done < count && queue.try_push(messages[done])) ++done;
      return done;
    }
    Q& queue;
  };
  struct Consumer {
    std::size_t pop(busmark_message* messages, std::size_t count) {
      std::size_t done = 0;
      while (done < count && queue.try_pop(messages[done])) ++done;
      return done;
    }
    Q& queue;
  };
  Producer producer(std::uint32_t /*index*/) { return {queue_}; }
  Consumer consumer(std::uint32_t /*index*/) { return {queue_}; }
  std::uint64_t capacity() const requires requires(const Q& queue) {
    std::uint64_t{queue.capacity()};
  }
  { return queue_.capacity(); }

 private:
  Q queue_;
};

/// A Queue of busmark_message as a PluginBus.
template <Queue Q>
class QueueBus {
 public:
  explicit QueueBus(const busmark_options& options) : queue_(options.capacity, options.producers) {}

  struct Producer {
    std::size_t push(busmark_message* messages, std::size_t count) noexcept {
      if (count == 1) return queue.try_push(std::move(*messages)) ? 1 : 0;
      return push_many(messages, count);
    }
    /// Apart, so that a single message saves no registers for it.
    [[gnu::noinline]] std::size_t push_many(busmark_message* messages, std::size_t count) noexcept {
      return queue.try_push_bulk(messages, count);
    }
    typename Q::Producer queue;
  };
  struct Consumer {
    std::size_t pop(busmark_message* messages, std::size_t count) noexcept {
      if (count == 1) return queue.try_pop(*messages) ? 1 : 0;
      return pop_many(messages, count);
    }
    [[gnu::noinline]] std::size_t pop_many(busmark_message* messages, std::size_t count) noexcept {
      return queue.try_pop_bulk(messages, count);
    }
    typename Q::Consumer queue;
  };
  Producer producer(std::uint32_t /*index*/) { return {queue_.producer()}; }
  Consumer consumer(std::uint32_t /*index*/) { return {queue_.consumer()}; }
  std::uint64_t capacity() const noexcept { return queue_.capacity(); }

 private:
  Q queue_;
};

/// The functions of the table for bus B. None but the makers catches anything.
template <PluginBus B>
struct PluginFunctions {
  using Producer = decltype(std::declval<B&>().producer(0));
  using Consumer = decltype(std::declval<B&>().consumer(0));

  template <typename Make>
  static void* made(busmark_error* error, Make make) {
    const char* why = "no memory or an exception of an unknown type";
    try {
      return make();
    } catch (const std::exception& exception) {
      std::strncpy(error->text, exception.what(), sizeof error->text - 1);
    } catch (...) {
      std::strncpy(error->text, why, sizeof error->text - 1);
    }
    error->text[sizeof error->text - 1] = '\0';
    return nullptr;
  }
  static void* open(const busmark_options* options, busmark_error* error) {
    return made(error, [&] { return new B(*options); });
  }
  static void close(void* bus) { delete static_cast<B*>(bus); }
  static void* producer(void* bus, std::uint32_t index, busmark_error* error) {
    return made(error, [&] { return new Producer(static_cast<B*>(bus)->producer(index)); });
  }
  static void end_producer(void* producer) { delete static_cast<Producer*>(producer); }
  static void* consumer(void* bus, std::uint32_t index, busmark_error* error) {
    return made(error, [&] { return new Consumer(static_cast<B*>(bus)->consumer(index)); });
  }
  static void end_consumer(void* consumer) { delete static_cast<Consumer*>(consumer); }
  static std::size_t push(void* producer, busmark_message* messages, std::size_t count) {
    return static_cast<Producer*>(producer)->push(messages, count);
  }
  static std::size_t pop(void* consumer, busmark_message* messages, std::size_t count) {
    return static_cast<Consumer*>(consumer)->pop(messages, count);
  }

  static constexpr auto wait() -> decltype(busmark_plugin::wait) {
    if constexpr (requires(Consumer & consumer, busmark_message * messages) {
                    consumer.wait(messages, std::size_t{}, std::int64_t{});
                  }) {
      return [](void* consumer, busmark_message* messages, std::size_t count,
                std::int64_t timeout_ns) -> std::size_t {
        return static_cast<Consumer*>(consumer)->wait(messages, count, timeout_ns);
      };
    } else {
      return nullptr;
    }
  }
  static constexpr auto dropped() -> decltype(busmark_plugin::dropped) {
    if constexpr (requires(Producer & producer) { producer.dropped(); }) {
      return [](void* producer) -> std::uint64_t {
        return static_cast<Producer*>(producer)->dropped();
      };
    } else {
      return nullptr;
    }
  }
  static constexpr auto capacity() -> decltype(busmark_plugin::capacity) {
    if constexpr (requires(B & bus) { bus.capacity(); }) {
      return [](void* bus) -> std::uint64_t { return static_cast<B*>(bus)->capacity(); };
    } else {
      return nullptr;
    }
  }
};

/// What BUSMARK_PLUGIN returns.
template <typename Class>
constexpr busmark_plugin plugin_table(const PluginInfo& info) {
  if constexpr (PluginBus<Class>) {
    using Functions = PluginFunctions<Class>;
    return {.size = sizeof(busmark_plugin),
            .abi_major = BUSMARK_PLUGIN_ABI_MAJOR,
            .abi_minor = BUSMARK_PLUGIN_ABI_MINOR,
            .name = info.name,
            .version = info.version,
            .summary = info.summary,
            .max_producers = info.max_producers,
            .max_consumers = info.max_consumers,
            .min_payload = info.min_payload,
            .max_payload = info.max_payload,
            .patterns = info.patterns,
            .flags = info.flags,
            .open = &Functions::open,
            .close = &Functions::close,
            .producer = &Functions::producer,
            .end_producer = &Functions::end_producer,
            .consumer = &Functions::consumer,
            .end_consumer = &Functions::end_consumer,
            .push = &Functions::push,
            .pop = &Functions::pop,
            .wait = Functions::wait(),
            .dropped = Functions::dropped(),
            .capacity = Functions::capacity(),
            .extension = nullptr};
  } else if constexpr (Queue<Class>) {
    static_assert(std::same_as<typename Class::value_type, busmark_message>,
                  "a queue of a plugin holds busmark_message");
    return plugin_table<QueueBus<Class>>(info);
  } else {
    static_assert(PlainQueue<Class>,
                  "the class is neither Queue nor PluginBus nor PlainQueue (busmark/plugin.hpp)");
    return plugin_table<PlainQueueBus<Class>>(info);
  }
}

}  // namespace busmark

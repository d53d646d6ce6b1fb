// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <busmark/plugin.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

/// A bus for one thread on either side over whatever carries a frame at a time. A Link has
///
///     explicit Link(const busmark_options&);            // may throw
///     bool send(const char* bytes, std::size_t size);   // false: not now
///     void flush();                                     // behind the last frame of a batch
///     std::size_t receive(char* bytes, std::size_t room);  // 0: nothing now; a whole frame
///     void wait(std::int64_t timeout_ns);               // until receive() may have something
///     std::uint64_t capacity(std::uint64_t asked);      // frames that it surely holds
///
/// whose two sides are used by two threads at once, and of which none blocks but wait(): both ends
/// spin, yield or sleep as the scenario says.
///
/// Capacity: what was asked for, exactly, by a count that the reader keeps in memory and the writer
/// looks at when it seems to be full; less where the link holds less.
template <typename Link>
class FrameBus {
 public:
  explicit FrameBus(const busmark_options& options)
      : frame_(BUSMARK_HEADER_BYTES + options.payload),
        link_(options),
        capacity_(std::min<std::uint64_t>(options.capacity, link_.capacity(options.capacity))),
        going_(frame_),
        come_(frame_ * std::max(options.batch, 1U)) {}

  class Producer {
   public:
    explicit Producer(FrameBus& bus) : bus_(bus) {}
    std::size_t push(const busmark_message* messages, std::size_t count) noexcept {
      if (bus_.sent_ + count > bus_.room_until_) {
        bus_.room_until_ = bus_.taken_.load(std::memory_order_acquire) + bus_.capacity_;
      }
      count = std::min<std::uint64_t>(count, bus_.room_until_ - bus_.sent_);
      char* const bytes = bus_.going_.data();
      std::size_t done = 0;
      for (; done < count; ++done) {
        const busmark_message& message = messages[done];
        std::memcpy(bytes, &message, BUSMARK_HEADER_BYTES);
        std::memcpy(bytes + BUSMARK_HEADER_BYTES, message.payload, message.size);
        if (!bus_.link_.send(bytes, BUSMARK_HEADER_BYTES + message.size)) break;
      }
      if (done > 0) bus_.link_.flush();
      bus_.sent_ += done;
      return done;
    }

   private:
    FrameBus& bus_;
  };

  class Consumer {
   public:
    explicit Consumer(FrameBus& bus) : bus_(bus) {}
    std::size_t pop(busmark_message* messages, std::size_t count) noexcept {
      std::size_t done = 0;
      for (; done < count && (done + 1) * bus_.frame_ <= bus_.come_.size(); ++done) {
        char* const bytes = bus_.come_.data() + done * bus_.frame_;
        if (bus_.link_.receive(bytes, bus_.frame_) < BUSMARK_HEADER_BYTES) break;
        std::memcpy(&messages[done], bytes, BUSMARK_HEADER_BYTES);
        messages[done].payload = bytes + BUSMARK_HEADER_BYTES;
      }
      if (done > 0) bus_.taken_.fetch_add(done, std::memory_order_release);
      return done;
    }
    std::size_t wait(busmark_message* messages, std::size_t count,
                     std::int64_t timeout_ns) noexcept {
      if (const std::size_t got = pop(messages, count)) return got;
      bus_.link_.wait(timeout_ns);
      return pop(messages, count);
    }

   private:
    FrameBus& bus_;
  };

  Producer producer(std::uint32_t /*index*/) { return Producer(*this); }
  Consumer consumer(std::uint32_t /*index*/) { return Consumer(*this); }
  std::uint64_t capacity() const noexcept { return capacity_; }

 private:
  std::size_t frame_;  ///< Bytes of the largest.
  Link link_;
  std::uint64_t capacity_;
  // The writer's, the reader's, and what both look at.
  alignas(128) std::uint64_t sent_ = 0;
  std::uint64_t room_until_ = 0;
  std::vector<char> going_;
  alignas(128) std::vector<char> come_;
  alignas(128) std::atomic<std::uint64_t> taken_{0};
};

/// A result of a system call; throws its reason below 0.
inline int checked_call(int result, const char* what) {
  if (result >= 0) return result;
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

/// `busmark-PID-N`, once in this process.
inline std::string unused_name() {
  static std::atomic<unsigned> made{0};
  return "busmark-" + std::to_string(::getpid()) + '-' + std::to_string(made++);
}

/// Sleeps until there is something to read.
inline void wait_for_input(int file, std::int64_t timeout_ns) noexcept {
  pollfd ready{.fd = file, .events = POLLIN, .revents = 0};
  const timespec timeout{.tv_sec = timeout_ns / 1'000'000'000,
                         .tv_nsec = timeout_ns % 1'000'000'000};
  static_cast<void>(::ppoll(&ready, 1, &timeout, nullptr));
}

/// What a plugin of one thread on either side says of itself.
#define BUSMARK_FRAME_PLUGIN(Link, title, what, largest, more_flags)             \
  BUSMARK_PLUGIN(FrameBus<Link>, .name = title, .version = "1", .summary = what, \
                 .max_producers = 1, .max_consumers = 1, .max_payload = largest, \
                 .patterns = BUSMARK_PATTERN_ONE_WAY,                            \
                 .flags = BUSMARK_CARRIES_BYTES | (more_flags))

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <busmark/plugin.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

/// Two file descriptors as a bus for one thread on either side: each message is its header and its
/// payload, one behind the other; a batch is one system call. Both ends return at once where they
/// can do nothing, so that they spin, yield or sleep as the scenario says.
///
/// Capacity: what was asked for, exactly, by a count that the reader keeps in memory and the writer
/// looks at when it seems to be full. Where the kernel holds fewer bytes than that, a push waits
/// for the reader in the middle of its batch.
class StreamBus {
 public:
  /// Of a bus whose file descriptors do not block; both are closed with it.
  struct Ends {
    int reading;
    int writing;
  };
  StreamBus(const busmark_options& options, Ends ends)
      : frame_(BUSMARK_HEADER_BYTES + options.payload),
        batch_(options.batch),
        capacity_(options.capacity),
        ends_(ends) {}
  ~StreamBus() {
    ::close(ends_.reading);
    if (ends_.writing != ends_.reading) ::close(ends_.writing);
  }
  StreamBus(const StreamBus&) = delete;
  StreamBus& operator=(const StreamBus&) = delete;

  class Producer {
   public:
    explicit Producer(StreamBus& bus) : bus_(bus), bytes_(bus.frame_ * bus.batch_) {}
    std::size_t push(const busmark_message* messages, std::size_t count) noexcept {
      if (bus_.sent_ + count > room_until_) {
        room_until_ = bus_.taken_.load(std::memory_order_acquire) + bus_.capacity_;
      }
      if (bus_.sent_ + count > room_until_) count = room_until_ - bus_.sent_;
      std::size_t size = 0;
      for (std::size_t i = 0; i < count; ++i) {
        std::memcpy(bytes_.data() + size, &messages[i], BUSMARK_HEADER_BYTES);
        size += BUSMARK_HEADER_BYTES;
        std::memcpy(bytes_.data() + size, messages[i].payload, messages[i].size);
        size += messages[i].size;
      }
      for (std::size_t done = 0; done < size;) {
        const ssize_t wrote = ::write(bus_.ends_.writing, bytes_.data() + done, size - done);
        if (wrote > 0) {
          done += static_cast<std::size_t>(wrote);
        } else {
          sched_yield();
        }
      }
      bus_.sent_ += count;
      return count;
    }

   private:
    StreamBus& bus_;
    std::vector<char> bytes_;
    std::uint64_t room_until_ = 0;
  };

  class Consumer {
   public:
    explicit Consumer(StreamBus& bus) : bus_(bus) {}
    std::size_t pop(busmark_message* messages, std::size_t count) noexcept {
      std::vector<char>& bytes = bus_.come_;
      // What the last call has given away is free only now.
      std::memmove(bytes.data(), bytes.data() + bus_.used_, bus_.filled_ - bus_.used_);
      bus_.filled_ -= bus_.used_;
      bus_.used_ = 0;
      if (!whole_frame()) {
        const ssize_t got =
            ::read(bus_.ends_.reading, bytes.data() + bus_.filled_, bytes.size() - bus_.filled_);
        if (got > 0) bus_.filled_ += static_cast<std::size_t>(got);
      }
      std::size_t done = 0;
      for (; done < count && whole_frame(); ++done) {
        std::memcpy(&messages[done], bytes.data() + bus_.used_, BUSMARK_HEADER_BYTES);
        messages[done].payload = bytes.data() + bus_.used_ + BUSMARK_HEADER_BYTES;
        bus_.used_ += BUSMARK_HEADER_BYTES + messages[done].size;
      }
      if (done > 0) bus_.taken_.fetch_add(done, std::memory_order_release);
      return done;
    }
    std::size_t wait(busmark_message* messages, std::size_t count,
                     std::int64_t timeout_ns) noexcept {
      if (const std::size_t got = pop(messages, count)) return got;
      pollfd ready{.fd = bus_.ends_.reading, .events = POLLIN, .revents = 0};
      const timespec timeout{.tv_sec = timeout_ns / 1'000'000'000,
                             .tv_nsec = timeout_ns % 1'000'000'000};
      return ::ppoll(&ready, 1, &timeout, nullptr) > 0 ? pop(messages, count) : 0;
    }

   private:
    [[nodiscard]] bool whole_frame() const noexcept {
      const std::size_t left = bus_.filled_ - bus_.used_;
      if (left < BUSMARK_HEADER_BYTES) return false;
      busmark_message header;
      std::memcpy(&header, bus_.come_.data() + bus_.used_, BUSMARK_HEADER_BYTES);
      return left >= BUSMARK_HEADER_BYTES + header.size;
    }
    StreamBus& bus_;
  };

  Producer producer(std::uint32_t /*index*/) { return Producer(*this); }
  Consumer consumer(std::uint32_t /*index*/) { return Consumer(*this); }

 private:
  std::size_t frame_;  ///< Bytes of the largest.
  std::uint32_t batch_;
  std::uint64_t capacity_;
  Ends ends_;
  // The writer's, the reader's, and what both look at.
  alignas(128) std::uint64_t sent_ = 0;
  alignas(128) std::size_t used_ = 0;
  std::size_t filled_ = 0;
  std::vector<char> come_ = std::vector<char>(frame_ * (batch_ + 1) + 65536);
  alignas(128) std::atomic<std::uint64_t> taken_{0};
};

/// A result of a system call; throws its reason below 0.
inline int checked(int result, const char* what) {
  if (result >= 0) return result;
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

// SPDX-License-Identifier: Apache-2.0
// The ring of queue/spsc with an eventfd beside it, as an event loop has it: each push adds to the
// eventfd, and nothing is taken from the ring that the eventfd has not told of. Two system calls a
// batch. Capacity: what was asked for, rounded up to a power of two.
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <busmark/plugin.hpp>
#include <busmark/queue/spsc_ring.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

class EventfdRing {
  using Ring = busmark::QueueBus<busmark::SpscRing<busmark_message>>;

 public:
  explicit EventfdRing(const busmark_options& options)
      : ring_(options), event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (event_ < 0) throw std::runtime_error(std::string("eventfd: ") + std::strerror(errno));
  }
  ~EventfdRing() { ::close(event_); }
  EventfdRing(const EventfdRing&) = delete;
  EventfdRing& operator=(const EventfdRing&) = delete;

  class Producer {
   public:
    explicit Producer(EventfdRing& bus) : event_(bus.event_), ring_(bus.ring_.producer(0)) {}
    std::size_t push(busmark_message* messages, std::size_t count) noexcept {
      const std::uint64_t taken = ring_.push(messages, count);
      if (taken > 0) static_cast<void>(!::write(event_, &taken, sizeof taken));
      return taken;
    }

   private:
    int event_;
    Ring::Producer ring_;
  };

  class Consumer {
   public:
    explicit Consumer(EventfdRing& bus) : bus_(bus), ring_(bus.ring_.consumer(0)) {}
    std::size_t pop(busmark_message* messages, std::size_t count) noexcept {
      if (bus_.told_ == 0) {
        std::uint64_t more = 0;
        if (::read(bus_.event_, &more, sizeof more) != sizeof more) return 0;
        bus_.told_ = more;
      }
      const std::size_t got = ring_.pop(messages, std::min<std::uint64_t>(count, bus_.told_));
      bus_.told_ -= got;
      return got;
    }
    std::size_t wait(busmark_message* messages, std::size_t count,
                     std::int64_t timeout_ns) noexcept {
      if (const std::size_t got = pop(messages, count)) return got;
      pollfd ready{.fd = bus_.event_, .events = POLLIN, .revents = 0};
      const timespec timeout{.tv_sec = timeout_ns / 1'000'000'000,
                             .tv_nsec = timeout_ns % 1'000'000'000};
      return ::ppoll(&ready, 1, &timeout, nullptr) > 0 ? pop(messages, count) : 0;
    }

   private:
    EventfdRing& bus_;
    Ring::Consumer ring_;
  };

  Producer producer(std::uint32_t /*index*/) { return Producer(*this); }
  Consumer consumer(std::uint32_t /*index*/) { return Consumer(*this); }
  std::uint64_t capacity() const noexcept { return ring_.capacity(); }

 private:
  Ring ring_;
  int event_;
  alignas(128) std::uint64_t told_ = 0;  ///< The reader's: in the ring, and read of the eventfd.
};

BUSMARK_PLUGIN(EventfdRing, .name = "eventfd-ring", .version = "1",
               .summary = "a ring with an eventfd", .max_producers = 1, .max_consumers = 1,
               .patterns = BUSMARK_PATTERN_ONE_WAY);

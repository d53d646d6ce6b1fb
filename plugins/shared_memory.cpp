// SPDX-License-Identifier: Apache-2.0
// A ring in shared memory that each side has mapped for itself, as two processes would. The memory
// has no name (memfd), so that nothing is left behind whatever ends. Capacity: what was asked for
// and a batch, which is still in its slots while the reader works on it.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <busmark/plugin.hpp>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

class SharedRing {
  struct Head {
    alignas(128) std::atomic<std::uint64_t> written{0};
    alignas(128) std::atomic<std::uint64_t> taken{0};
  };
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

  /// One side's view.
  class Mapping {
   public:
    Mapping(int file, std::size_t bytes) : bytes_(bytes) {
      memory_ = static_cast<char*>(
          ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0));
      if (memory_ == MAP_FAILED) throw std::runtime_error(std::string("mmap: ") + strerror(errno));
    }
    ~Mapping() {
      if (memory_ != nullptr) ::munmap(memory_, bytes_);
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    Head& head() const { return *reinterpret_cast<Head*>(memory_); }
    char* slots() const { return memory_ + sizeof(Head); }

   private:
    char* memory_;
    std::size_t bytes_;
  };

 public:
  explicit SharedRing(const busmark_options& options)
      : slots_(std::uint64_t{options.capacity} + options.batch),  // what a reader still holds
        slot_((BUSMARK_HEADER_BYTES + std::size_t{options.payload} + 63) / 64 * 64),
        bytes_(sizeof(Head) + slots_ * slot_),
        file_(::memfd_create("busmark-ring", MFD_CLOEXEC)) {
    if (file_ < 0 || ::ftruncate(file_, static_cast<off_t>(bytes_)) != 0) {
      const std::string why = strerror(errno);
      if (file_ >= 0) ::close(file_);
      throw std::runtime_error("shared memory: " + why);
    }
    const Mapping first(file_, bytes_);
    new (&first.head()) Head;
  }
  ~SharedRing() { ::close(file_); }
  SharedRing(const SharedRing&) = delete;
  SharedRing& operator=(const SharedRing&) = delete;

  class Producer {
   public:
    explicit Producer(const SharedRing& ring)
        : ring_(ring),
          map_(ring.file_, ring.bytes_),
          written_(map_.head().written.load(std::memory_order_relaxed)),
          taken_(map_.head().taken.load(std::memory_order_acquire)) {}
    std::size_t push(const busmark_message* messages, std::size_t count) noexcept {
      if (written_ + count > taken_ + ring_.slots_) {
        taken_ = map_.head().taken.load(std::memory_order_acquire);  // pairs with pop()
      }
      count = std::min<std::uint64_t>(count, taken_ + ring_.slots_ - written_);
      for (std::size_t i = 0; i < count; ++i) {
        char* const slot = map_.slots() + written_++ % ring_.slots_ * ring_.slot_;
        std::memcpy(slot, &messages[i], BUSMARK_HEADER_BYTES);
        std::memcpy(slot + BUSMARK_HEADER_BYTES, messages[i].payload, messages[i].size);
      }
      map_.head().written.store(written_, std::memory_order_release);
      return count;
    }

   private:
    const SharedRing& ring_;
    Mapping map_;
    std::uint64_t written_;
    std::uint64_t taken_;
  };

  class Consumer {
   public:
    explicit Consumer(const SharedRing& ring)
        : ring_(ring),
          map_(ring.file_, ring.bytes_),
          taken_(map_.head().taken.load(std::memory_order_relaxed)) {}
    /// What it gives stays where it is until the next call, which frees it. So the last batch is
    /// still in its slots, and the ring holds that much less meanwhile.
    std::size_t pop(busmark_message* messages, std::size_t count) noexcept {
      if (given_ > 0) {
        taken_ += std::exchange(given_, 0);
        map_.head().taken.store(taken_, std::memory_order_release);  // pairs with push()
      }
      if (taken_ == written_) written_ = map_.head().written.load(std::memory_order_acquire);
      count = std::min<std::uint64_t>(count, written_ - taken_);
      for (; given_ < count; ++given_) {
        const char* const slot = map_.slots() + (taken_ + given_) % ring_.slots_ * ring_.slot_;
        std::memcpy(&messages[given_], slot, BUSMARK_HEADER_BYTES);
        messages[given_].payload = slot + BUSMARK_HEADER_BYTES;
      }
      return count;
    }
    ~Consumer() { map_.head().taken.store(taken_ + given_, std::memory_order_release); }
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

   private:
    const SharedRing& ring_;
    Mapping map_;
    std::uint64_t taken_;
    std::uint64_t written_ = taken_;
    std::size_t given_ = 0;
  };

  Producer producer(std::uint32_t /*index*/) { return Producer(*this); }
  Consumer consumer(std::uint32_t /*index*/) { return Consumer(*this); }

 private:
  std::uint64_t slots_;
  std::size_t slot_;
  std::size_t bytes_;
  int file_;
};

BUSMARK_PLUGIN(SharedRing, .name = "shared-memory", .version = "1",
               .summary = "a ring in shared memory, mapped twice", .max_producers = 1,
               .max_consumers = 1, .patterns = BUSMARK_PATTERN_ONE_WAY,
               .flags = BUSMARK_CARRIES_BYTES);

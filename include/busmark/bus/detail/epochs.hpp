// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "busmark/base/cache_line.hpp"

namespace busmark {

/// Epoch-based reclamation (Keir Fraser, "Practical lock-freedom", 2004) for one structure that is
/// replaced version by version: readers never wait; a writer hands what it has unlinked to
/// `retire`, and it is freed once every reader that could still see it has left.
///
/// A reader enters for one walk only, so a reader that does nothing holds nothing back.
class Epochs {
 public:
  using Free = void (*)(void* object) noexcept;

  explicit Epochs(std::uint32_t readers) : readers_(readers) {}
  Epochs(const Epochs&) = delete;
  Epochs& operator=(const Epochs&) = delete;
  /// No reader may be inside.
  ~Epochs() {
    for (const Retired& retired : limbo_) retired.free(retired.object);
  }

  [[nodiscard]] std::uint32_t readers() const noexcept {
    return static_cast<std::uint32_t>(readers_.size());
  }
  /// Number of versions so far, from 1 on. Acquire pairs with the increment in advance(): who reads
  /// a number sees the version that was published under it, or a later one.
  [[nodiscard]] std::uint64_t current() const noexcept {
    return epoch_.load(std::memory_order_acquire);
  }

  /// Reader `reader`, one thread at a time, is inside while this lives. Pointers to the structure
  /// are to be loaded, by sequentially consistent loads, after it was made.
  class Guard {
   public:
    Guard(Epochs& epochs, std::uint32_t reader) noexcept : slot_(epochs.readers_[reader].inside) {
      assert(slot_.load(std::memory_order_relaxed) == kOutside);
      // Both sequentially consistent: see oldest_inside().
      slot_.store(epochs.epoch_.load(std::memory_order_seq_cst), std::memory_order_seq_cst);
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    // Release pairs with the load in oldest_inside(): the walk ends before anything is freed.
    ~Guard() { slot_.store(kOutside, std::memory_order_release); }

   private:
    std::atomic<std::uint64_t>& slot_;
  };

  // The rest is for the writers, one at a time: retire, publish, advance, collect.

  /// Frees `object` when every reader that can see it has left. To be called before the version
  /// without it is published. Throws std::bad_alloc.
  void retire(void* object, Free free) { limbo_.push_back({current(), object, free}); }
  /// Takes back what was retired when `waiting()` was larger than this.
  void forget(std::size_t waiting) noexcept {
    while (limbo_.size() > waiting) limbo_.pop_back();
  }
  /// After the new version was published by a sequentially consistent store.
  void advance() noexcept { epoch_.fetch_add(1, std::memory_order_seq_cst); }
  /// Frees what no reader can see any more.
  void collect() noexcept {
    const std::uint64_t oldest = oldest_inside();
    while (!limbo_.empty() && limbo_.front().last_epoch < oldest) {
      const Retired retired = limbo_.front();
      limbo_.pop_front();
      retired.free(retired.object);
    }
  }
  /// Objects that wait for a reader to leave.
  [[nodiscard]] std::size_t waiting() const noexcept { return limbo_.size(); }

 private:
  static constexpr std::uint64_t kOutside = ~std::uint64_t{0};

  struct alignas(kNoSharing) Reader {
    std::atomic<std::uint64_t> inside{kOutside};
  };
  struct Retired {
    std::uint64_t last_epoch;  ///< A reader that entered in it may see the object.
    void* object;
    Free free;
  };

  /// A reader stores its slot and then loads the structure; a writer publishes and then loads the
  /// slots. All four are sequentially consistent, so a reader that is missed here will load the new
  /// version, and one that is seen in a later epoch has done so.
  [[nodiscard]] std::uint64_t oldest_inside() const noexcept {
    std::uint64_t oldest = kOutside;
    for (const Reader& reader : readers_) {
      oldest = std::min(oldest, reader.inside.load(std::memory_order_seq_cst));
    }
    return oldest;
  }

  std::vector<Reader> readers_;
  std::deque<Retired> limbo_;
  alignas(kNoSharing) std::atomic<std::uint64_t> epoch_{1};
};

}  // namespace busmark

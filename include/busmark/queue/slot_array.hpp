// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <string>

#include "busmark/base/cache_line.hpp"
#include "busmark/base/error.hpp"

namespace busmark {

/// Smallest power of two that holds `least` items and is at least `floor`. Throws SetupError when
/// `least` is 0 or the slots would not fit the address space.
inline std::size_t ring_capacity(std::size_t least, std::size_t slot_bytes, std::size_t floor = 1) {
  const std::size_t most = std::numeric_limits<std::size_t>::max() / 4 / slot_bytes;
  if (least == 0 || least > most) {
    throw SetupError("queue capacity " + std::to_string(least) + " is out of range: write 1 to " +
                     std::to_string(most));
  }
  return std::bit_ceil(std::max(least, floor));
}

/// A fixed array of value-initialised slots that shares no line with other memory and whose pages
/// are all present, so that the first lap of a ring costs what the later ones do.
/// Throws std::bad_alloc.
template <typename Slot>
class SlotArray {
 public:
  explicit SlotArray(std::size_t count) : count_(count), slots_(allocate(count)) {
    std::uninitialized_value_construct_n(slots_, count_);
  }
  SlotArray(const SlotArray&) = delete;
  SlotArray& operator=(const SlotArray&) = delete;
  ~SlotArray() {
    std::destroy_n(slots_, count_);
    ::operator delete (slots_, std::align_val_t{kAlignment});
  }

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] Slot* data() noexcept { return slots_; }

 private:
  static constexpr std::size_t kAlignment = std::max(alignof(Slot), kNoSharing);
  static constexpr std::size_t kSmallestPage = 4096;

  static Slot* allocate(std::size_t count) {
    // Rounded up, so that the neighbour on the heap cannot start within our last line.
    const std::size_t bytes = (count * sizeof(Slot) + kNoSharing - 1) / kNoSharing * kNoSharing;
    void* memory = ::operator new (bytes, std::align_val_t{kAlignment});
    // A constructor may write nothing, and the compiler may drop plain stores into memory that no
    // object lives in yet; volatile ones stay.
    auto* pages = static_cast<volatile std::byte*>(memory);
    for (std::size_t offset = 0; offset < bytes; offset += kSmallestPage) {
      pages[offset] = std::byte{0};
    }
    pages[bytes - 1] = std::byte{0};
    return static_cast<Slot*>(memory);
  }

  std::size_t count_;
  Slot* slots_;
};

}  // namespace busmark

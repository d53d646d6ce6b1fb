// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/payload_pool.hpp"

#include <limits>
#include <string>

#include "busmark/base/error.hpp"

namespace busmark {
namespace {

std::size_t lines_for(std::size_t slot_bytes) noexcept {
  return (sizeof(PayloadSlot) + slot_bytes + kCacheLine - 1) / kCacheLine;
}

std::size_t checked(std::size_t slots, std::size_t slot_bytes) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  constexpr std::size_t kMostLines = std::numeric_limits<std::size_t>::max() / 4 / kCacheLine;
  if (slots == 0 || slot_bytes == 0 || slots > kMost || slot_bytes > kMost ||
      slots > kMostLines / lines_for(slot_bytes)) {
    throw SetupError("payload pool of " + std::to_string(slots) + " slots of " +
                     std::to_string(slot_bytes) + " bytes is out of range: write 1 to " +
                     std::to_string(kMost) + " each");
  }
  return slots;
}

}  // namespace

PayloadPool::PayloadPool(std::size_t slot_bytes, std::size_t slots)
    : slot_bytes_(slot_bytes),
      slots_(checked(slots, slot_bytes)),
      lines_per_slot_(lines_for(slot_bytes)),
      lines_(lines_per_slot_ * slots) {
  for (std::size_t i = 0; i < slots_; ++i) new (lines_.data() + i * lines_per_slot_) PayloadSlot;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "record/repetition.hpp"

#include <algorithm>

namespace busmark {

std::optional<std::uint64_t> MemoryResult::growth() const noexcept {
  if (!before || !after) return std::nullopt;
  const std::uint64_t still = *before + own;
  return *after - std::min(*after, still);
}

std::optional<std::uint64_t> MemoryResult::growth_at_most() const noexcept {
  if (!before || !after) return std::nullopt;
  return *after - std::min(*after, *before);
}

MessageCounts& MessageCounts::operator+=(const MessageCounts& other) noexcept {
  published += other.published;
  received += other.received;
  dropped += other.dropped;
  refused += other.refused;
  lost += other.lost;
  duplicated += other.duplicated;
  reordered += other.reordered;
  corrupt += other.corrupt;
  return *this;
}

}  // namespace busmark

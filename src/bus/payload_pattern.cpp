// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/payload_pattern.hpp"

#include <algorithm>

namespace busmark {

std::uint64_t PayloadPattern::sum_rest(std::span<const std::byte> payload) noexcept {
  std::uint64_t sum = payload.size() * 0x9e3779b97f4a7c15ULL;
  for (std::size_t at = sizeof sum; at < payload.size(); at += sizeof sum) {
    const std::size_t left = payload.size() - at;
    std::uint64_t word = 0;
    std::memcpy(&word, payload.data() + at, left < sizeof word ? left : sizeof word);
    sum += mix(word + at);
  }
  return sum;
}

PayloadPattern::PayloadPattern(std::uint32_t size, std::uint64_t seed) : bytes_(size) {
  std::uint64_t state = seed;
  for (std::byte& byte : bytes_) {
    state += 0x9e3779b97f4a7c15ULL;  // splitmix64 (Steele, Lea, Flood 2014)
    byte = static_cast<std::byte>(mix(state) & 0xff);
  }
  std::copy_n(bytes_.begin(), std::min(bytes_.size(), head_.size()), head_.begin());
  rest_ = sum_rest(bytes_);
}

PayloadPattern PayloadPattern::corrupted() const {
  PayloadPattern broken = *this;
  broken.wrong_bit_ = std::byte{1};
  broken.bytes_.back() ^= broken.wrong_bit_;
  std::copy_n(broken.bytes_.begin(), std::min(bytes_.size(), head_.size()), broken.head_.begin());
  return broken;
}

std::uint32_t payload_checksum(std::span<const std::byte> payload) noexcept {
  std::uint64_t first = 0;
  if (!payload.empty()) {
    std::memcpy(&first, payload.data(),
                payload.size() < sizeof first ? payload.size() : sizeof first);
  }
  return PayloadPattern::finish(PayloadPattern::sum_rest(payload) + PayloadPattern::mix(first));
}

}  // namespace busmark

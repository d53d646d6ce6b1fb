// SPDX-License-Identifier: Apache-2.0
#include "engine/sender.hpp"

namespace busmark {

PayloadPatterns::PayloadPatterns(const Scenario& scenario, std::uint64_t seed) {
  const auto index_of = [&](ByteCount payload) {
    const auto size = static_cast<std::uint32_t>(payload.bytes);
    const auto known = std::find_if(sizes.begin(), sizes.end(),
                                    [&](const auto& pattern) { return pattern.size() == size; });
    const auto index = static_cast<std::uint8_t>(known - sizes.begin());
    if (known == sizes.end()) sizes.emplace_back(size, seed);
    return index;
  };
  if (scenario.mix.empty()) index_of(scenario.payload);
  for (std::size_t i = 0; i < scenario.mix.size(); ++i) {
    of_class[i] = index_of(payload_of(scenario, scenario.mix[i]));
  }
}

PayloadPatterns PayloadPatterns::corrupted() const {
  PayloadPatterns broken = *this;
  for (PayloadPattern& pattern : broken.sizes) pattern = pattern.corrupted();
  return broken;
}

}  // namespace busmark

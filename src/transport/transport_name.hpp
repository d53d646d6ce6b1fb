// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "busmark/queue/queue.hpp"

namespace busmark {

struct QueuePrefix {
  static constexpr std::string_view kValue = "queue/";
};
struct BusPrefix {
  static constexpr std::string_view kValue = "bus/";
};

/// A prefix and the name of a queue, with static storage. By reference to the whole QueueInfo, as
/// clang 14 takes no reference to a member for a template argument.
template <typename Prefix, const QueueInfo& Info>
struct TransportName {
  static constexpr auto kStorage = [] {
    std::array<char, Prefix::kValue.size() + Info.name.size()> text{};
    std::size_t at = 0;
    for (const char letter : Prefix::kValue) text[at++] = letter;
    for (const char letter : Info.name) text[at++] = letter;
    return text;
  }();
  static constexpr std::string_view kValue{kStorage.data(), kStorage.size()};
};

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "judge/held_capacity.hpp"

#include "busmark/bus/message.hpp"
#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/slot_array.hpp"

namespace busmark {

std::optional<std::size_t> held_capacity(std::string_view transport, std::size_t capacity) {
  const std::size_t slash = transport.find('/');
  const std::string_view family = transport.substr(0, slash);
  if (slash == std::string_view::npos || (family != "queue" && family != "bus")) return {};
  if (transport.substr(slash + 1) != MoodycamelQueue<Message>::kInfo.name) {
    return ring_capacity(capacity, sizeof(Message));
  }
  // So many blocks that there is room even where the first is all but read.
  constexpr std::size_t kBlock = MoodycamelTraits::BLOCK_SIZE;
  return (capacity + 2 * (kBlock - 1)) / kBlock * kBlock;
}

}  // namespace busmark

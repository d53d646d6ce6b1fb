// SPDX-License-Identifier: Apache-2.0
#include "judge/held_capacity.hpp"

#include "busmark/bus/message.hpp"
#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/slot_array.hpp"
#include "busmark/queue/spsc_ring.hpp"

namespace busmark {

std::optional<std::size_t> held_capacity(std::string_view transport, std::size_t capacity) {
  const std::size_t slash = transport.find('/');
  const std::string_view family = transport.substr(0, slash);
  if (slash == std::string_view::npos || (family != "queue" && family != "bus")) return {};
  const std::string_view queue = transport.substr(slash + 1);
  if (queue != MoodycamelQueue<Message>::kInfo.name) {
    const std::size_t whole = ring_capacity(capacity, sizeof(Message));
    return queue == SpscRing<Message>::kInfo.name ? SpscRing<Message>::most_held(whole) : whole;
  }
  // So many blocks that there is room even where the first is all but read.
  constexpr std::size_t kBlock = MoodycamelTraits::BLOCK_SIZE;
  return (capacity + 2 * (kBlock - 1)) / kBlock * kBlock;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "judge/held_capacity.hpp"

#include <cstddef>
#include <string>
#include <tuple>

#include <doctest/doctest.h>

#include "busmark/bus/message.hpp"
#include "busmark/queue/all_queues.hpp"

using busmark::held_capacity;

TEST_CASE("what a queue holds at most is told for each, and one that is filled holds no more") {
  CHECK(held_capacity("queue/spsc", 1'000) == 1'151);
  CHECK(held_capacity("bus/mpmc", 5) == 8);
  CHECK(held_capacity("queue/mutex", 4'096) == 4'096);
  CHECK(held_capacity("queue/moodycamel", 1) == 32);
  CHECK_FALSE(held_capacity("nats/wire", 5).has_value());
  CHECK_FALSE(held_capacity("synthetic", 5).has_value());
  const auto fill = []<typename Queue>(const Queue* /*type*/) {
    for (const std::size_t asked : {1U, 5U, 33U, 1'000U}) {
      Queue queue(asked);
      auto producer = queue.producer();
      std::size_t held = 0;
      while (producer.try_push({})) ++held;
      CAPTURE(Queue::kInfo.name);
      CAPTURE(asked);
      CHECK(held == held_capacity("queue/" + std::string(Queue::kInfo.name), asked));
      CHECK(held >= queue.capacity());
    }
  };
  [&]<typename... Queues>(const std::tuple<Queues...>* /*list*/) {
    (fill(static_cast<const Queues*>(nullptr)), ...);
  }(static_cast<const busmark::AllQueues<busmark::Message>*>(nullptr));
}

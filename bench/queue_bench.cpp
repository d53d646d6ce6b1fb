// SPDX-License-Identifier: Apache-2.0
// Our queues side by side, with the 64-byte Message. How: queue_cases.hpp.
#include "busmark/queue/all_queues.hpp"

#include "queue_cases.hpp"

using namespace busmark;
using namespace busmark::queue_cases;

/// usage: queue_bench [ROUNDS]; 7 when not given, which takes about 20 seconds.
int main(int argc, char** argv) {
  const unsigned rounds = rounds_of(argc, argv, "queue_bench");
  const Clock clock = Clock::calibrate();
  fmt::print(
      "{} rounds, 1 producer on CPU 0, 1 consumer on CPU 1, spinning; {}-byte messages, "
      "capacity {}\n",
      rounds, sizeof(Message), kCapacity);
  constexpr std::array<std::string_view, 1> kPeers{"moodycamel"};
  compare(clock, entries(static_cast<AllQueues<Message>*>(nullptr)), kPeers, rounds);
  return 0;
}

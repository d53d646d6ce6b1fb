// SPDX-License-Identifier: Apache-2.0
#include "record/nats.hpp"

#include <set>

#include <fmt/format.h>

#include "base/cpu_ranges.hpp"

namespace busmark {

NatsLoad NatsLoad::since(const NatsLoad& before) const {
  NatsLoad difference = *this;
  difference.in_messages -= before.in_messages;
  difference.out_messages -= before.out_messages;
  difference.in_bytes -= before.in_bytes;
  difference.out_bytes -= before.out_bytes;
  difference.slow_consumers -= before.slow_consumers;
  if (processor_time && before.processor_time) *difference.processor_time -= *before.processor_time;
  return difference;
}

std::string NatsLibraryReport::describe() const {
  std::set<CpuId> cpus;
  for (const NatsLibraryThread& thread : threads) {
    for (const int cpu : thread.seen_on) cpus.insert(CpuId{cpu});
  }
  std::uint64_t reconnects = 0;
  for (const NatsLibraryConnection& connection : connections) reconnects += connection.reconnects;
  return fmt::format("{}, flush {}, delivery {}, {} threads of its own seen on cpu {}{}", library,
                     flush, delivery, threads.size(), cpu_ranges({cpus.begin(), cpus.end()}),
                     reconnects == 0 ? "" : fmt::format(", {} reconnects", reconnects)) +
         (stream.empty() ? "" : "; stream with " + stream);
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/nats.hpp"

namespace busmark {

std::string NatsLibraryReport::describe() const {
  std::set<int> cpus;
  for (const NatsLibraryThread& thread : threads) {
    cpus.insert(thread.seen_on.begin(), thread.seen_on.end());
  }
  std::uint64_t reconnects = 0;
  for (const NatsLibraryConnection& connection : connections) reconnects += connection.reconnects;
  return fmt::format("{}, flush {}, delivery {}, {} threads of its own seen on cpu {}{}", library,
                     flush, delivery, threads.size(), fmt::join(cpus, ", "),
                     reconnects == 0 ? "" : fmt::format(", {} reconnects", reconnects)) +
         (stream.empty() ? "" : "; stream with " + stream);
}

}  // namespace busmark

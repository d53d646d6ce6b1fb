// SPDX-License-Identifier: Apache-2.0
#include "record/plan.hpp"

#include <fmt/format.h>

#include "base/cpu_ranges.hpp"

namespace busmark {
namespace {

std::string group_text(const char* role, const std::vector<CpuId>& cpus) {
  return fmt::format("{}{} on cpu {}", role, cpus.size() == 1 ? "" : "s", cpu_ranges(cpus));
}

}  // namespace

std::string describe(const Placement& placement) {
  const auto middle = placement.cpus.begin() + placement.producers;
  std::string server;
  if (!placement.server.empty()) {
    server = placement.foreign_server
                 ? fmt::format(", cpu {} left to the server, which is not ours to pin",
                               cpu_ranges(placement.server))
                 : fmt::format(", server on cpu {}", cpu_ranges(placement.server));
  }
  return fmt::format("{}, {}{} ({})", group_text("producer", {placement.cpus.begin(), middle}),
                     group_text("consumer", {middle, placement.cpus.end()}), server,
                     placement.reason);
}

}  // namespace busmark

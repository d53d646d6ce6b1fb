// SPDX-License-Identifier: Apache-2.0
#include "cli/core_list.hpp"

#include <stdexcept>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "machine/topology.hpp"

namespace busmark {

std::vector<CpuId> parse_cores(const std::string& text, const Topology& topology) {
  constexpr const char* kFlag = "--cores";
  std::vector<CpuId> cores;
  if (text.empty()) {
    for (const Cpu& cpu : topology.cpus) cores.push_back(cpu.id);
    return cores;
  }
  try {
    cores = parse_cpu_list(text);
  } catch (const std::invalid_argument&) {
    throw ConfigError(
        {{kFlag, "",
          fmt::format("{} is no list of cpus; write for example 2,3 or 4-7", in_quotes(text))}});
  }
  check_cores(cores, topology, kFlag);
  return cores;
}

}  // namespace busmark

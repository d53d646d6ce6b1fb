// SPDX-License-Identifier: Apache-2.0
#include "record/topology.hpp"

#include <algorithm>

namespace busmark {

const Cpu* Topology::find(CpuId id) const noexcept {
  for (const auto* kind : {&cpus, &beyond}) {
    for (const Cpu& cpu : *kind) {
      if (cpu.id == id) return &cpu;
    }
  }
  return nullptr;
}

std::vector<CpuId> Topology::usable() const {
  std::vector<CpuId> ids;
  for (const auto* kind : {&cpus, &beyond}) {
    for (const Cpu& cpu : *kind) ids.push_back(cpu.id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace busmark

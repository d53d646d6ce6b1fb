// SPDX-License-Identifier: Apache-2.0
#include "record/topology.hpp"

namespace busmark {

const Cpu* Topology::find(CpuId id) const noexcept {
  for (const Cpu& cpu : cpus) {
    if (cpu.id == id) return &cpu;
  }
  return nullptr;
}

}  // namespace busmark

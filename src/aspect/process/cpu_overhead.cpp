// SPDX-License-Identifier: Apache-2.0
#include "aspect/process/cpu_overhead.hpp"

namespace busmark {

std::optional<CpuOverhead> summarise_cpu(const ScenarioResult& result,
                                         const std::vector<std::uint32_t>& used) {
  std::vector<double> transport;
  std::vector<double> direct;
  std::vector<double> added;
  std::vector<double> share;
  for (const std::uint32_t i : used) {
    const std::optional<CpuPerMessage>& cpu = result.repetitions[i].cpu;
    if (!cpu || !(cpu->direct_ns > 0)) return std::nullopt;
    transport.push_back(cpu->transport_ns);
    direct.push_back(cpu->direct_ns);
    added.push_back(cpu->transport_ns - cpu->direct_ns);
    share.push_back(added.back() / cpu->direct_ns);
  }
  if (added.empty()) return std::nullopt;
  return CpuOverhead{.repetitions = added.size(),
                     .transport_ns = median(transport),
                     .direct_ns = median(direct),
                     .added_ns = estimate_median(added),
                     .share = estimate_median(share)};
}

}  // namespace busmark

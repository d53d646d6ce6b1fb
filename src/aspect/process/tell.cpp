// SPDX-License-Identifier: Apache-2.0
#include "aspect/process/tell.hpp"

#include <fmt/format.h>

#include "stat/statistics.hpp"

namespace busmark {

std::string cpu_text(const StoredRun& run) {
  std::string text;
  for (const StoredScenario& scenario : run.scenarios) {
    const std::optional<CpuOverhead>& cpu = scenario.cpu;
    if (!cpu) continue;
    const auto time = [](double ns) { return format_value(Metric::cpu_overhead_time, ns); };
    text += fmt::format("{:<14}{}: {} of processor time per message, {} called directly; added {}",
                        "cpu", scenario.name, time(cpu->transport_ns), time(cpu->direct_ns),
                        time(cpu->added_ns.value));
    if (cpu->repetitions >= kFewestForMedian) {
      text += fmt::format(" ({} .. {})", time(cpu->added_ns.low), time(cpu->added_ns.high));
    }
    text += fmt::format(", {:.3g} %\n", cpu->share.value * 100);
  }
  return text;
}

}  // namespace busmark

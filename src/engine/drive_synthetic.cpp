// SPDX-License-Identifier: Apache-2.0
#include "busmark/engine/planted_leak.hpp"
#include "busmark/engine/self_test.hpp"

#include "drive.hpp"
#include "transport_groups.hpp"

namespace busmark {

RepetitionResult run_synthetic(const RepetitionPlan& plan, const StopFlag& stop,
                               LiveProgress& live) {
  if (plan.synthetic != nullptr) return run_repetition<SyntheticTransport>(plan, stop, live);
  const SyntheticOptions& options = plan.scenario.synthetic;
  const SyntheticProgram program = server_program(options, plan.clock, plan.seed);
  RepetitionPlan with_program = plan;
  with_program.synthetic = &program;
  const PlantedLeak leak(options.leak_per_hour);
  return run_repetition<SyntheticTransport>(with_program, stop, live);
}

std::vector<TransportEntry> synthetic_transport_entries() {
  return {{SyntheticTransport::kInfo, &run_synthetic, &why_unavailable<SyntheticTransport>,
           &server_place<SyntheticTransport>}};
}

}  // namespace busmark

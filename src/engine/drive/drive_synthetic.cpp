// SPDX-License-Identifier: Apache-2.0
#include "engine/drive/drive.hpp"
#include "engine/drive/planted_leak.hpp"
#include "engine/drive/synthetic.hpp"
#include "engine/drive/transport_groups.hpp"
#include "transport/synthetic/synthetic.hpp"

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

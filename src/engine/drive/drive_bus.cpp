// SPDX-License-Identifier: Apache-2.0
#include "engine/drive/drive.hpp"
#include "engine/drive/transport_groups.hpp"

namespace busmark {

// Compiled by themselves, in drive_bus_*.cpp; what is not named here is compiled here.
extern template RepetitionResult run_repetition<BusTransport<SpscRing>>(const RepetitionPlan&,
                                                                        const StopFlag&,
                                                                        LiveProgress&);
extern template RepetitionResult run_repetition<BusTransport<MpmcRing>>(const RepetitionPlan&,
                                                                        const StopFlag&,
                                                                        LiveProgress&);
extern template RepetitionResult run_repetition<BusTransport<MoodycamelQueue>>(
    const RepetitionPlan&, const StopFlag&, LiveProgress&);

std::vector<TransportEntry> bus_transport_entries() {
  return make_entries(std::type_identity<BusTransports>{});
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "drive.hpp"

namespace busmark {

template RepetitionResult run_repetition<BusTransport<MpmcRing>>(const RepetitionPlan&,
                                                                 const StopFlag&, LiveProgress&);

}  // namespace busmark

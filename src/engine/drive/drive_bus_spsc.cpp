// SPDX-License-Identifier: Apache-2.0
#include "engine/drive/drive.hpp"

namespace busmark {

template RepetitionResult run_repetition<BusTransport<SpscRing>>(const RepetitionPlan&,
                                                                 const StopFlag&, LiveProgress&);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "engine/drive/drive.hpp"

namespace busmark {

template RepetitionResult run_repetition<BusTransport<MoodycamelQueue>>(const RepetitionPlan&,
                                                                        const StopFlag&,
                                                                        LiveProgress&);

}  // namespace busmark

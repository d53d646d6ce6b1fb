// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/mpmc_ring.hpp"
#include "busmark/queue/mutex_queue.hpp"
#include "busmark/queue/spsc_ring.hpp"
#include "busmark/transport/bus_transport.hpp"
#include "busmark/transport/queue_transport.hpp"

namespace busmark {

/// THE REGISTRY: every transport that `busmark` can drive. A new one is an include and a line here.
using AllTransports = std::tuple<     //
    QueueTransport<SpscRing>,         //
    QueueTransport<MpmcRing>,         //
    QueueTransport<MoodycamelQueue>,  //
    QueueTransport<MutexQueue>,       //
    BusTransport<SpscRing>,           //
    BusTransport<MpmcRing>,           //
    BusTransport<MoodycamelQueue>>;

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>
#include <utility>

#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/mpmc_ring.hpp"
#include "busmark/queue/mutex_queue.hpp"
#include "busmark/queue/spsc_ring.hpp"
#include "busmark/transport/bus_transport.hpp"
#include "busmark/transport/nats/wire.hpp"
#include "busmark/transport/queue_transport.hpp"

namespace busmark {

/// Those within the process: what is sent can be received at once, and a full one refuses.
using LocalTransports = std::tuple<   //
    QueueTransport<SpscRing>,         //
    QueueTransport<MpmcRing>,         //
    QueueTransport<MoodycamelQueue>,  //
    QueueTransport<MutexQueue>,       //
    BusTransport<SpscRing>,           //
    BusTransport<MpmcRing>,           //
    BusTransport<MoodycamelQueue>>;

/// THE REGISTRY: every transport that `busmark` can drive. A new one is an include and a line here.
using AllTransports = decltype(std::tuple_cat(std::declval<LocalTransports>(),
                                              std::declval<std::tuple<NatsWireTransport>>()));

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>
#include <utility>

#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/mpmc_ring.hpp"
#include "busmark/queue/mutex_queue.hpp"
#include "busmark/queue/spsc_ring.hpp"

#include "transport/bus_transport.hpp"
#include "transport/nats/library/client.hpp"
#include "transport/nats/library/jetstream.hpp"
#include "transport/nats/wire.hpp"
#include "transport/queue_transport.hpp"

namespace busmark {

// THE REGISTRY: every transport that `busmark` can drive. A new one is an include and a line here.
// The engine compiles each group by itself (src/engine/drive_*.cpp).

using QueueTransports = std::tuple<  //
    QueueTransport<SpscRing>, QueueTransport<MpmcRing>, QueueTransport<MoodycamelQueue>,
    QueueTransport<MutexQueue>>;
using BusTransports =
    std::tuple<BusTransport<SpscRing>, BusTransport<MpmcRing>, BusTransport<MoodycamelQueue>>;
using NatsTransports = std::tuple<NatsWireTransport>;
using ClientTransports =
    std::tuple<NatsClientTransport, JetStreamPublishTransport, JetStreamConsumeTransport>;

/// Those within the process: what is sent can be received at once, and a full one refuses.
using LocalTransports =
    decltype(std::tuple_cat(std::declval<QueueTransports>(), std::declval<BusTransports>()));
using AllTransports =
    decltype(std::tuple_cat(std::declval<LocalTransports>(), std::declval<NatsTransports>(),
                            std::declval<ClientTransports>()));

}  // namespace busmark

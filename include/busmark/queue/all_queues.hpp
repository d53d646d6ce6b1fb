// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include "busmark/queue/moodycamel_queue.hpp"
#include "busmark/queue/mpmc_ring.hpp"
#include "busmark/queue/mutex_queue.hpp"
#include "busmark/queue/spsc_ring.hpp"

namespace busmark {

/// Every queue we have: the conformance suite and the transports named `queue/<name>` go through
/// this list. A new queue is added here and nowhere else.
template <typename T>
using AllQueues = std::tuple<SpscRing<T>, MpmcRing<T>, MoodycamelQueue<T>, MutexQueue<T>>;

}  // namespace busmark

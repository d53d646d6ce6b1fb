// SPDX-License-Identifier: Apache-2.0
// The ring of busmark's own queue/spsc: what it is slower by than that is what the door costs.
#include <busmark/plugin.hpp>
#include <busmark/queue/spsc_ring.hpp>

BUSMARK_PLUGIN(busmark::SpscRing<busmark_message>, .name = "queue-spsc", .version = "0.1",
               .summary = "queue/spsc of busmark, as a plugin", .max_producers = 1,
               .max_consumers = 1, .patterns = BUSMARK_PATTERN_ONE_WAY);

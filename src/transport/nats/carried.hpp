// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "transport/nats/wire_header.hpp"
#include "transport/transport.hpp"

namespace busmark {

/// `options`, where a NatsHeader can carry what they ask for. Throws SetupError.
inline const TransportOptions& carried_by_nats(const TransportInfo& info,
                                               const TransportOptions& options) {
  if (options.payload < info.min_payload) {
    throw SetupError(fmt::format(
        "{0} needs a payload of at least {1} bytes, whose first ones carry times and numbers of "
        "the message, and the scenario has {2}; write payload = \"{1}B\"",
        info.name, info.min_payload, options.payload));
  }
  if (options.producers > NatsHeader::kMostProducers) {
    throw SetupError(
        fmt::format("{} serves at most {} producers", info.name, NatsHeader::kMostProducers));
  }
  return options;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "transport/nats/socket.hpp"

namespace busmark {

/// Body of `GET path` from the monitoring port of a nats-server on this machine. Throws SetupError
/// when the answer is not a 200 within the deadline or is longer than 1 MiB.
[[nodiscard]] std::string get_from_monitor(std::uint16_t port, const std::string& path,
                                           Deadline deadline);

}  // namespace busmark

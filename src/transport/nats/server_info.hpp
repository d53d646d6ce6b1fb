// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transport/nats/address.hpp"
#include "transport/nats/connection.hpp"
#include "transport/nats/socket.hpp"

namespace busmark {

/// What a server says of itself before anybody says who they are, and before TLS begins: connects,
/// reads its INFO and leaves. Throws SetupError.
[[nodiscard]] NatsServerInfo read_nats_info(const NatsAddress& address, Deadline deadline);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "busmark/base/units.hpp"

#include "base/deadline.hpp"
#include "base/file_descriptor.hpp"
#include "transport/nats/address.hpp"

namespace busmark {

/// Connects without blocking beyond `deadline`; the socket is non-blocking, closed by exec and,
/// over TCP, without Nagle's delay. Throws SetupError that names the address.
[[nodiscard]] FileDescriptor connect_to(const NatsAddress& address, Deadline deadline);

/// Sends all of it; false at the deadline or when the other side is gone. errno tells.
[[nodiscard]] bool send_all(int socket, std::string_view bytes, Deadline deadline) noexcept;

}  // namespace busmark

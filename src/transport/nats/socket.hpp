// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "busmark/base/units.hpp"

#include "base/file_descriptor.hpp"
#include "transport/nats/address.hpp"

namespace busmark {

/// The end of a wait while things are set up. Measured threads wait by the engine's clock.
using Deadline = std::chrono::steady_clock::time_point;
[[nodiscard]] inline Deadline deadline_in(Nanoseconds time) noexcept {
  return std::chrono::steady_clock::now() + time;
}

/// Connects without blocking beyond `deadline`; the socket is non-blocking, closed by exec and,
/// over TCP, without Nagle's delay. Throws SetupError that names the address.
[[nodiscard]] FileDescriptor connect_to(const NatsAddress& address, Deadline deadline);

/// Waits until `events` (POLLIN, POLLOUT) or the deadline; false when that came first.
[[nodiscard]] bool wait_for_socket(int socket, short events, Deadline deadline) noexcept;

/// Sends all of it; false at the deadline or when the other side is gone. errno tells.
[[nodiscard]] bool send_all(int socket, std::string_view bytes, Deadline deadline) noexcept;

}  // namespace busmark

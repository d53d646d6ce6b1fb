// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

#include "busmark/core/units.hpp"
#include "busmark/transport/nats/address.hpp"

namespace busmark {

/// The end of a wait while things are set up. Measured threads wait by the engine's clock.
using Deadline = std::chrono::steady_clock::time_point;
[[nodiscard]] inline Deadline deadline_in(Nanoseconds time) noexcept {
  return std::chrono::steady_clock::now() + time;
}

/// An open file descriptor, closed at the end.
class FileDescriptor {
 public:
  explicit FileDescriptor(int number = -1) noexcept : number_(number) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
  void reset() noexcept;

 private:
  int number_;
};

/// Connects without blocking beyond `deadline`; the socket is non-blocking, closed by exec and,
/// over TCP, without Nagle's delay. Throws SetupError that names the address.
[[nodiscard]] FileDescriptor connect_to(const NatsAddress& address, Deadline deadline);

/// Waits until `events` (POLLIN, POLLOUT) or the deadline; false when that came first.
[[nodiscard]] bool wait_for_socket(int socket, short events, Deadline deadline) noexcept;

/// Sends all of it; false at the deadline or when the other side is gone. errno tells.
[[nodiscard]] bool send_all(int socket, std::string_view bytes, Deadline deadline) noexcept;

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "base/deadline.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace busmark {

bool wait_until_ready(int file, short events, Deadline deadline) noexcept {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto wait = std::clamp<std::int64_t>(left.count(), 0, 1'000'000);
    pollfd entry{.fd = file, .events = events, .revents = 0};
    const int ready = poll(&entry, 1, static_cast<int>(wait));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include "transport/nats/server.hpp"

namespace busmark {

/// True where tests may start a nats-server of their own; else the test says what to install.
inline bool can_start_nats_server() {
  const std::string reason = why_no_nats_server({.url = "own"});
  if (!reason.empty()) MESSAGE("skipped: ", reason);
  return reason.empty();
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "live/serve_place.hpp"

namespace busmark {

class LiveState;

/// HTTP for those who watch a run: `/` (a page), `/events`, `/metrics`, `/healthz`, `/result.json`.
///
/// One thread does it all, on the given core; without one, on any core at the lowest priority. At
/// most 64 connections are open, 16 of them on `/events`; the next ones wait in the kernel's queue.
/// Whoever has not asked within two seconds, or not read within five, is cut off, so that neither
/// slow nor many clients need more than that.
class LiveServer {
 public:
  /// Listens when this returns. Throws SetupError when the address cannot be had.
  LiveServer(const ServeAddress& address, const std::optional<CoreApart>& core, LiveState& state);
  /// Tells those who watch that the run is over, then closes; takes a second at most.
  ~LiveServer();
  LiveServer(const LiveServer&) = delete;
  LiveServer& operator=(const LiveServer&) = delete;

  [[nodiscard]] std::string url() const;
  /// `cpu 3`, or what was done without a free one.
  [[nodiscard]] std::string place() const;
  /// It has a core that shares nothing with a measured one.
  [[nodiscard]] bool apart() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace busmark

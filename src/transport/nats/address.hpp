// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace busmark {

/// Where a nats-server listens and what it wants to hear. The secrets in it are never shown.
struct NatsAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 4222;
  std::string unix_path;  ///< Not empty: a Unix socket, and neither host nor port count.
  std::string user;
  std::string password;
  std::string token;
  bool tls = false;  ///< tls://

  /// `nats://127.0.0.1:4222`, without user, password and token.
  [[nodiscard]] std::string shown() const;
};

/// `nats://host`, `nats://user:password@host:4222`, `nats://token@[::1]:4222`, `host:4222`,
/// `tls://host` or `unix:///path`; `%40` and the like in user, password and token are decoded.
/// Throws SetupError, whose text repeats nothing that could be a secret.
[[nodiscard]] NatsAddress parse_nats_url(std::string_view url);

/// The servers of one cluster, separated by commas as NATS clients take them; at least one. Throws
/// likewise.
[[nodiscard]] std::vector<NatsAddress> parse_nats_urls(std::string_view urls);

}  // namespace busmark

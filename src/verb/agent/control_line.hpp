// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/nats/connection.hpp"

namespace busmark {

/// The servers of `--nats A,B`; where it is empty those of $NATS_URL, else 127.0.0.1:4222. Throws
/// SetupError for a URL that cannot be read, and for one on the command line that holds a secret,
/// as every user of the machine can read command lines.
[[nodiscard]] std::vector<std::string> control_servers(const std::string& option);

/// The connection over which a coordinator and its agents talk: core NATS on a socket of its own,
/// one thread, made again at the next server of the list where it breaks. Letters are delivered at
/// most once: whoever needs an answer asks again.
class ControlLine {
 public:
  /// Bytes of the longest letter; a server takes 1 MiB by default.
  static constexpr std::size_t kLongestLetter = 768 * 1024;

  struct Letter {
    std::string reply;
    std::string body;
  };

  /// Connects to the first of `servers` that answers. Throws SetupError with what each one said.
  ControlLine(std::vector<std::string> servers, std::string name);

  /// From now on, and again after each reconnection. Throws SetupError.
  void subscribe(const std::string& subject);
  /// Sends within two seconds, or drops the letter and the connection.
  void publish(std::string_view subject, std::string_view body, std::string_view reply = {});
  /// The next letter; empty at the deadline.
  [[nodiscard]] std::optional<Letter> next(Deadline deadline);

  /// URL of the server in use. It may hold a secret.
  [[nodiscard]] const std::string& server() const noexcept { return servers_[current_]; }
  [[nodiscard]] const NatsServerInfo& info() const noexcept { return connection_->info(); }

 private:
  /// One try at each server, from the current one on; false when none answers.
  bool connect(Deadline deadline);

  std::vector<std::string> servers_;
  std::string name_;
  std::size_t current_ = 0;
  std::vector<std::string> subjects_;
  std::string failures_;
  std::unique_ptr<NatsConnection> connection_;
};

/// Letters and digits that no other coordinator or agent has.
[[nodiscard]] std::string random_control_word();

}  // namespace busmark

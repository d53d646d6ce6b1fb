// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/server_info.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "transport/nats/protocol.hpp"

namespace busmark {

NatsServerInfo read_nats_info(const NatsAddress& address, Deadline deadline) {
  const FileDescriptor socket = connect_to(address, deadline);
  NatsParser parser;
  std::string received;
  while (true) {
    const NatsParser::State state = parser.next(received);
    if (state == NatsParser::State::frame && parser.frame().kind == NatsFrame::Kind::info) break;
    if (state != NatsParser::State::more) {
      throw SetupError(fmt::format("{} does not begin as a nats-server does", address.shown()));
    }
    char buffer[4096];
    const ssize_t got = recv(socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) {
      received.append(buffer, static_cast<std::size_t>(got));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      throw SetupError(fmt::format("{} closed the connection at once", address.shown()));
    } else if (!wait_until_ready(socket.get(), POLLIN, deadline)) {
      throw SetupError(
          fmt::format("{} accepts connections but says nothing: it is no nats-server, or one that "
                      "hangs",
                      address.shown()));
    }
  }
  try {
    return parse_nats_info(parser.frame().body);
  } catch (const SetupError& error) {
    throw SetupError(
        fmt::format("{} sent an INFO that cannot be read: {}", address.shown(), error.what()));
  }
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/monitor.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"

namespace busmark {

std::string get_from_monitor(std::uint16_t port, const std::string& path, Deadline deadline) {
  constexpr std::size_t kLongest = 1 << 20;
  const auto refuse = [&](const std::string& why) {
    return SetupError(fmt::format("the monitoring port {} of nats-server {}", port, why));
  };
  NatsAddress address;
  address.port = port;
  const FileDescriptor socket = connect_to(address, deadline);
  // Version 1.0: the answer ends with the connection and comes in one piece.
  const std::string request = fmt::format("GET {} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", path);
  if (!send_all(socket.get(), request, deadline)) throw refuse("takes no request");
  std::string answer;
  while (true) {
    char buffer[16 * 1024];
    const ssize_t got = recv(socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got == 0) break;
    if (got > 0) {
      answer.append(buffer, static_cast<std::size_t>(got));
      if (answer.size() > kLongest) throw refuse("answers without end");
    } else if (errno != EAGAIN && errno != EINTR) {
      throw refuse("broke off its answer");
    } else if (!wait_until_ready(socket.get(), POLLIN, deadline)) {
      throw refuse("did not answer in time");
    }
  }
  const std::size_t body = answer.find("\r\n\r\n");
  const std::size_t status = answer.find(" 200 ");
  if (body == std::string::npos || !answer.starts_with("HTTP/1.") || status != 8) {
    throw refuse("answered " + in_quotes(answer.substr(0, answer.find('\r'))));
  }
  return answer.substr(body + 4);
}

}  // namespace busmark

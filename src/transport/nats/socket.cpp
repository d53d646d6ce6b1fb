// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

namespace busmark {
namespace {

/// Starts and awaits one connection; errno tells why the result is not open.
FileDescriptor try_connect(int family, const sockaddr* address, socklen_t size, Deadline deadline) {
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return socket;
  int error = ::connect(socket.get(), address, size) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    if (!wait_until_ready(socket.get(), POLLOUT, deadline)) {
      errno = ETIMEDOUT;
      return FileDescriptor();
    }
    socklen_t length = sizeof error;
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error != 0) {
    socket.reset();
    errno = error;
  }
  return socket;
}

FileDescriptor connect_unix(const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(path.begin(), std::min(path.size(), sizeof address.sun_path - 1), address.sun_path);
  return try_connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address,
                     deadline);
}

FileDescriptor connect_tcp(const NatsAddress& address, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &first);
  if (error != 0) {
    throw SetupError(fmt::format("cannot connect to {}: {}", address.shown(), gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(first, &freeaddrinfo);
  FileDescriptor socket;
  for (const addrinfo* each = first; each != nullptr && !socket.is_open(); each = each->ai_next) {
    socket = try_connect(each->ai_family, each->ai_addr, each->ai_addrlen, deadline);
  }
  if (socket.is_open()) {
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return socket;
}

}  // namespace

FileDescriptor connect_to(const NatsAddress& address, Deadline deadline) {
  FileDescriptor socket = address.unix_path.empty() ? connect_tcp(address, deadline)
                                                    : connect_unix(address.unix_path, deadline);
  if (!socket.is_open()) {
    throw SetupError(
        fmt::format("cannot connect to {}: {}", address.shown(), std::strerror(errno)));
  }
  return socket;
}

bool send_all(int socket, std::string_view bytes, Deadline deadline) noexcept {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      return false;
    } else if (!wait_until_ready(socket, POLLOUT, deadline)) {
      errno = ETIMEDOUT;
      return false;
    }
  }
  return true;
}

}  // namespace busmark

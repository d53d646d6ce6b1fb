// SPDX-License-Identifier: Apache-2.0
// A TCP connection over the loopback, without Nagle's delay. The port is the kernel's choice.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "common/stream.hpp"

class TcpBus : public StreamBus {
 public:
  explicit TcpBus(const busmark_options& options) : StreamBus(options, open()) {}

 private:
  /// Closed where a step fails.
  struct Socket {
    explicit Socket(int number) : file(number) {}
    ~Socket() {
      if (file >= 0) ::close(file);
    }
    int release() { return std::exchange(file, -1); }
    int file;
  };
  static Ends open() {
    const Socket listening(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const place = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    checked(::bind(listening.file, place, size), "bind");
    checked(::listen(listening.file, 1), "listen");
    checked(::getsockname(listening.file, place, &size), "getsockname");
    Socket writing(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    checked(::connect(writing.file, place, size), "connect");
    Socket reading(checked(::accept4(listening.file, nullptr, nullptr, SOCK_CLOEXEC), "accept"));
    for (const int file : {writing.file, reading.file}) {
      const int on = 1;
      checked(::setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
      checked(::fcntl(file, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
    }
    return {reading.release(), writing.release()};
  }
};

BUSMARK_PLUGIN(TcpBus, .name = "tcp", .version = "1", .summary = "TCP over the loopback",
               .max_producers = 1, .max_consumers = 1, .patterns = BUSMARK_PATTERN_ONE_WAY,
               .flags = BUSMARK_CARRIES_BYTES);

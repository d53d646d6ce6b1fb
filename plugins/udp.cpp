// SPDX-License-Identifier: Apache-2.0
// UDP over the loopback, a datagram for each message. UDP promises nothing; here nothing is lost,
// as no more is on the way than the receiver's buffer holds.
// Capacity: what was asked for, or that.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/frames.hpp"

class Datagrams {
 public:
  explicit Datagrams(const busmark_options& options)
      : reader_(open()), writer_(open()), frame_(BUSMARK_HEADER_BYTES + options.payload) {
    const int wanted = 16 << 20;
    if (::setsockopt(reader_.file, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0) {
      ::setsockopt(reader_.file, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
    }
    join(writer_.file, reader_.file);
    join(reader_.file, writer_.file);
  }

  bool send(const char* bytes, std::size_t size) noexcept {
    return ::send(writer_.file, bytes, size, MSG_DONTWAIT) == static_cast<ssize_t>(size);
  }
  void flush() noexcept {}
  std::size_t receive(char* bytes, std::size_t room) noexcept {
    const ssize_t got = ::recv(reader_.file, bytes, room, MSG_DONTWAIT);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  void wait(std::int64_t timeout_ns) noexcept { wait_for_input(reader_.file, timeout_ns); }
  /// The kernel books each datagram with the memory that it lies in, up to twice its size and its
  /// own header (socket(7), SO_RCVBUF), and may give back up to a quarter of the buffer late.
  std::uint64_t capacity(std::uint64_t /*asked*/) const {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    checked_call(::getsockopt(reader_.file, SOL_SOCKET, SO_RCVBUF, &bytes, &size), "SO_RCVBUF");
    return std::max<std::uint64_t>(static_cast<std::uint64_t>(bytes) / 4 * 3 / (2 * frame_ + 1024),
                                   1);
  }

 private:
  struct Socket {
    explicit Socket(int number) : file(number) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { ::close(file); }
    int file;
  };
  static int open() {
    const int file = checked_call(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(file, reinterpret_cast<sockaddr*>(&here), sizeof here) == 0) return file;
    ::close(file);
    throw std::runtime_error("bind: " + std::string(std::strerror(errno)));
  }
  /// Nothing of others comes in.
  static void join(int from, int to) {
    sockaddr_in there{};
    socklen_t size = sizeof there;
    auto* const place = reinterpret_cast<sockaddr*>(&there);
    checked_call(::getsockname(to, place, &size), "getsockname");
    checked_call(::connect(from, place, size), "connect");
  }

  Socket reader_;
  Socket writer_;
  std::size_t frame_;
};

BUSMARK_FRAME_PLUGIN(Datagrams, "udp", "UDP over the loopback", 65507 - BUSMARK_HEADER_BYTES, 0);

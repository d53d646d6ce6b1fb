// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

#include <utility>

#include "frames.hpp"

/// nng, pair to pair, a message at a time. Threads of the library carry every message, also within
/// the process. Each message is memory from the allocator.
class NngLink {
 public:
  NngLink(const char* url, const busmark_options& options) {
    // The most that its queues take; what is beyond waits with the producer.
    const int held = static_cast<int>(std::min(options.capacity, 8192U));
    check(nng_socket_set_int(reader_.get, NNG_OPT_RECVBUF, held), "NNG_OPT_RECVBUF");
    check(nng_socket_set_int(writer_.get, NNG_OPT_SENDBUF, held), "NNG_OPT_SENDBUF");
    nng_listener listener = NNG_LISTENER_INITIALIZER;
    check(nng_listen(reader_.get, url, &listener, 0), "nng_listen");
    check(nng_dial(writer_.get, bound(listener, url).c_str(), nullptr, 0), "nng_dial");
    // Asked for only where it is needed: the library writes to it at each message.
    if (options.parking != 0) {
      check(nng_socket_get_int(reader_.get, NNG_OPT_RECVFD, &ready_), "NNG_OPT_RECVFD");
    }
  }

  bool send(char* bytes, std::size_t size) noexcept {
    return nng_send(writer_.get, bytes, size, NNG_FLAG_NONBLOCK) == 0;
  }
  void flush() noexcept {}
  std::size_t receive(char* bytes, std::size_t room) noexcept {
    std::size_t size = room;
    return nng_recv(reader_.get, bytes, &size, NNG_FLAG_NONBLOCK) == 0 ? size : 0;
  }
  void wait(std::int64_t timeout_ns) noexcept { wait_for_input(ready_, timeout_ns); }
  std::uint64_t capacity(std::uint64_t asked) const noexcept { return asked; }

 private:
  static void check(int result, const char* what) {
    if (result != 0) throw std::runtime_error(std::string(what) + ": " + nng_strerror(result));
  }
  /// Where it really listens: the port of TCP is the kernel's choice.
  static std::string bound(const nng_listener& listener, const std::string& url) {
    nng_sockaddr address{};
    if (!url.starts_with("tcp:")) return url;
    check(nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address), "NNG_OPT_LOCADDR");
    return "tcp://127.0.0.1:" + std::to_string(ntohs(address.s_in.sa_port));
  }
  struct Socket {
    Socket() { check(nng_pair0_open(&get), "nng_pair0_open"); }
    ~Socket() { nng_close(get); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    nng_socket get = NNG_SOCKET_INITIALIZER;
  };

  Socket reader_;
  Socket writer_;
  int ready_ = -1;
};

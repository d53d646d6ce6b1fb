// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <zmq.h>

#include <utility>

#include "frames.hpp"

/// ZeroMQ, PUSH to PULL, a message at a time; high-water marks are off, as the count of FrameBus
/// bounds it. But for inproc a thread of the library carries the bytes. A message above 33 bytes is
/// memory from the allocator.
class ZmqLink {
 public:
  explicit ZmqLink(const char* endpoint) {
    const int off = 0;
    for (const Socket* socket : {&reader_, &writer_}) {
      for (const int option : {ZMQ_RCVHWM, ZMQ_SNDHWM, ZMQ_LINGER}) {
        check(zmq_setsockopt(socket->get, option, &off, sizeof off), "zmq_setsockopt");
      }
    }
    check(zmq_bind(reader_.get, endpoint), "zmq_bind");
    char bound[256];
    std::size_t size = sizeof bound;
    check(zmq_getsockopt(reader_.get, ZMQ_LAST_ENDPOINT, bound, &size), "ZMQ_LAST_ENDPOINT");
    check(zmq_connect(writer_.get, bound), "zmq_connect");
  }

  bool send(const char* bytes, std::size_t size) noexcept {
    return zmq_send(writer_.get, bytes, size, ZMQ_DONTWAIT) >= 0;
  }
  void flush() noexcept {}
  std::size_t receive(char* bytes, std::size_t room) noexcept {
    const int got = zmq_recv(reader_.get, bytes, room, ZMQ_DONTWAIT);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  void wait(std::int64_t timeout_ns) noexcept {
    zmq_pollitem_t ready{.socket = reader_.get, .fd = 0, .events = ZMQ_POLLIN, .revents = 0};
    static_cast<void>(zmq_poll(&ready, 1, static_cast<long>((timeout_ns + 999'999) / 1'000'000)));
  }
  std::uint64_t capacity(std::uint64_t asked) const noexcept { return asked; }

 private:
  static int check(int result, const char* what) {
    if (result >= 0) return result;
    throw std::runtime_error(std::string(what) + ": " + zmq_strerror(zmq_errno()));
  }
  struct Context {
    Context() : get(zmq_ctx_new()) {}
    ~Context() { zmq_ctx_term(get); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    void* get;
  };
  struct Socket {
    Socket(const Context& context, int type) : get(zmq_socket(context.get, type)) {
      if (get == nullptr) check(-1, "zmq_socket");
    }
    ~Socket() { zmq_close(get); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    void* get;
  };

  Context context_;
  Socket reader_{context_, ZMQ_PULL};
  Socket writer_{context_, ZMQ_PUSH};
};

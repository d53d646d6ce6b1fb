// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "transport/nats/socket.hpp"

namespace busmark {

/// A server that behaves as badly as a test wants: each connection is handed to the script on a
/// thread of its own. No wait of it is longer than a minute.
class FakeNatsServer {
 public:
  /// The server's end of one connection.
  class Peer {
   public:
    Peer(FileDescriptor socket, const std::atomic<bool>& over)
        : socket_(std::move(socket)), over_(over) {}

    /// False when the client is gone.
    bool send(std::string_view text) {
      return send_all(socket_.get(), text, deadline_in(std::chrono::seconds(60)));
    }
    /// Reads until `wanted` has come; false when the client is gone or the test is over.
    bool await(std::string_view wanted) {
      while (true) {
        const std::size_t at = heard_.find(wanted);
        if (at != std::string::npos) {
          heard_.erase(0, at + wanted.size());
          return true;
        }
        char buffer[4096];
        const ssize_t got = recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (got > 0) {
          heard_.append(buffer, static_cast<std::size_t>(got));
        } else if (got == 0 || over_) {
          return false;
        } else {
          static_cast<void>(
              wait_until_ready(socket_.get(), POLLIN, deadline_in(std::chrono::milliseconds(60))));
        }
      }
    }
    /// What a good server says and hears first.
    bool greet() {
      return send("INFO {\"version\":\"0\",\"max_payload\":1048576}\r\n") && await("PING\r\n") &&
             send("PONG\r\n");
    }
    /// Until the client leaves or the test is over.
    void stay() { await("never said"); }

   private:
    FileDescriptor socket_;
    const std::atomic<bool>& over_;
    std::string heard_;
  };
  using Script = std::function<void(Peer&)>;

  explicit FakeNatsServer(Script script) : script_(std::move(script)) {
    listener_ = FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_.get(), raw, size) != 0 || listen(listener_.get(), 16) != 0 ||
        getsockname(listener_.get(), raw, &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
  }
  ~FakeNatsServer() {
    over_ = true;
    acceptor_.join();
  }
  FakeNatsServer(const FakeNatsServer&) = delete;
  FakeNatsServer& operator=(const FakeNatsServer&) = delete;

  [[nodiscard]] std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }

 private:
  void accept_all() {
    std::vector<std::jthread> peers;
    while (!over_) {
      if (!wait_until_ready(listener_.get(), POLLIN, deadline_in(std::chrono::milliseconds(60)))) {
        continue;
      }
      FileDescriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      peers.emplace_back([this, socket = std::move(socket)]() mutable {
        Peer peer(std::move(socket), over_);
        script_(peer);
      });
    }
  }

  Script script_;
  FileDescriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> over_{false};
  std::jthread acceptor_;
};

}  // namespace busmark

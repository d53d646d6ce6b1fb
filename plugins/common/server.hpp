// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frames.hpp"

/// A file descriptor that is closed with it.
class File {
 public:
  explicit File(int number = -1) : number_(number) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(File&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  int get() const noexcept { return number_; }

 private:
  int number_;
};

/// A server of our own on a port of the loopback. It writes no file, has at most 1 GiB, and runs
/// on the core on which the bus is opened (BUSMARK_OWN_THREADS). It is killed with the bus, and by
/// the kernel when the thread that opened it is no more, however it ends (PR_SET_PDEATHSIG).
class OwnServer {
 public:
  /// Its command for a port.
  using Command = std::function<std::vector<std::string>(std::uint16_t)>;

  explicit OwnServer(const Command& command) {
    for (int tries = 1;; ++tries) {
      port_ = free_port();
      start(command(port_));
      if (answers()) return;
      stop();
      // Somebody else may have been quicker to take the port.
      if (tries == 3) throw std::runtime_error(command(0).front() + " does not start");
    }
  }
  ~OwnServer() { stop(); }
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;

  /// A connection without Nagle's delay, which does not block.
  File connect() const {
    File socket(checked_call(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const sockaddr_in there = address(port_);
    checked_call(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there),
                 "connect");
    const int on = 1;
    checked_call(::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on),
                 "TCP_NODELAY");
    checked_call(::fcntl(socket.get(), F_SETFL, O_NONBLOCK), "O_NONBLOCK");
    return socket;
  }

 private:
  static sockaddr_in address(std::uint16_t port) {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return there;
  }
  static std::uint16_t free_port() {
    const File socket(checked_call(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    sockaddr_in there = address(0);
    socklen_t size = sizeof there;
    auto* const place = reinterpret_cast<sockaddr*>(&there);
    checked_call(::bind(socket.get(), place, size), "bind");
    checked_call(::getsockname(socket.get(), place, &size), "getsockname");
    return ntohs(there.sin_port);
  }

  void start(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string elsewhere = "/usr/sbin/" + words.front();  // not in every user's PATH
    const pid_t parent = ::getpid();
    child_ = checked_call(::fork(), "fork");
    if (child_ != 0) return;
    ::setpgid(0, 0);  // Ctrl-C is busmark's, which ends in order
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);  // it ended before that was heard
    const rlimit none{0, 0};
    const rlimit memory{1U << 30, 1U << 30};
    ::setrlimit(RLIMIT_CORE, &none);
    ::setrlimit(RLIMIT_AS, &memory);
    const int null = ::open("/dev/null", O_RDWR);
    for (const int file : {0, 1, 2}) ::dup2(null, file);
    ::execvp(arguments[0], arguments.data());
    ::execv(elsewhere.c_str(), arguments.data());
    ::_exit(127);
  }

  bool answers() {
    for (int tries = 0; tries < 500; ++tries) {
      if (::waitpid(child_, nullptr, WNOHANG) != 0) {
        child_ = -1;
        return false;
      }
      const File socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const sockaddr_in there = address(port_);
      if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0) {
        return true;
      }
      const timespec while_it_starts{.tv_sec = 0, .tv_nsec = 10'000'000};
      ::nanosleep(&while_it_starts, nullptr);
    }
    return false;
  }

  void stop() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
  }

  std::uint16_t port_ = 0;
  pid_t child_ = -1;
};

/// One side's bytes to and from a server.
class Talk {
 public:
  Talk(File socket, std::size_t room) : socket_(std::move(socket)), come_(room) {}

  void say(const char* bytes, std::size_t size) noexcept {
    // Never more than the reserve of the constructor's caller: a batch.
    out_.insert(out_.end(), bytes, bytes + size);
  }
  void say(const std::string& text) noexcept { say(text.data(), text.size()); }
  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  /// All that was said; waits for the server where the kernel has no room, which the bus bounds.
  void flush() noexcept {
    for (std::size_t done = 0; done < out_.size();) {
      const ssize_t wrote =
          ::send(socket_.get(), out_.data() + done, out_.size() - done, MSG_NOSIGNAL);
      if (wrote > 0) {
        done += static_cast<std::size_t>(wrote);
      } else if (errno != EAGAIN && errno != EINTR) {
        break;  // the server is gone
      }
    }
    out_.clear();
  }

  /// More of what has come, if anything.
  void listen() noexcept {
    if (used_ > 0) {
      std::memmove(come_.data(), come_.data() + used_, filled_ - used_);
      filled_ -= std::exchange(used_, 0);
    }
    const ssize_t got = ::recv(socket_.get(), come_.data() + filled_, come_.size() - filled_, 0);
    if (got > 0) filled_ += static_cast<std::size_t>(got);
  }
  /// Throws it all away.
  void ignore() noexcept {
    used_ = filled_;
    listen();
    used_ = filled_;
  }
  std::string_view heard() const noexcept { return {come_.data() + used_, filled_ - used_}; }
  void use(std::size_t bytes) noexcept { used_ += bytes; }
  /// While a connection is set up: until so many bytes are there, at most 5 s.
  void await(std::size_t bytes) {
    for (int tries = 0; heard().size() < bytes; ++tries) {
      if (tries == 500) throw std::runtime_error("the server does not answer");
      wait_for_input(socket_.get(), 10'000'000);
      listen();
    }
  }
  int file() const noexcept { return socket_.get(); }

 private:
  File socket_;
  std::vector<char> out_;
  std::vector<char> come_;
  std::size_t used_ = 0;
  std::size_t filled_ = 0;
};

// SPDX-License-Identifier: Apache-2.0
//
// How a connection comes back. Off the hot path, on the thread that owns it, and never waiting.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "transport/nats/connection.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kBetweenAttempts = 5ms;

/// Within the kernel's range of ports for clients a socket may meet itself where nobody listens.
bool met_itself(int socket) noexcept {
  sockaddr_storage own{};
  sockaddr_storage peer{};
  socklen_t own_size = sizeof own;
  socklen_t peer_size = sizeof peer;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&own), &own_size) != 0 ||
      getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) {
    return false;
  }
  return own.ss_family != AF_UNIX && own_size == peer_size &&
         std::memcmp(&own, &peer, own_size) == 0;
}

}  // namespace

std::vector<std::string> NatsConnection::earlier_ends() const {
  std::vector<std::string> texts;
  if (return_ == nullptr) return texts;
  for (std::size_t i = 0; i < return_->end_count; ++i) texts.push_back(text_of(return_->ends[i]));
  return texts;
}

bool NatsConnection::reopen() noexcept {
  if (return_ == nullptr) return false;
  const auto now = std::chrono::steady_clock::now();
  if (fate_.end == End::opening) {
    if (now >= return_->give_up) end_with(End::failed, ETIMEDOUT);
    continue_attempt();
    if (is_open() || fate_.end == End::opening) return is_open();
  }
  if (socket_.is_open()) {
    hear_last_words();
    note_end();
    socket_.reset();
    // The first attempt follows at once; a server that refuses is not asked in a busy loop.
  }
  if (now < return_->next_attempt) return false;
  return_->next_attempt = now + kBetweenAttempts;
  return_->give_up = now + return_->patience;
  start_attempt();
  return false;
}

void NatsConnection::note_end() noexcept {
  Return& back = *return_;
  const bool known = back.end_count != 0 && back.ends[back.end_count - 1] == fate_;
  if (!known && back.end_count < back.ends.size()) back.ends[back.end_count++] = fate_;
}

void NatsConnection::start_attempt() noexcept {
  const auto* const address = reinterpret_cast<const sockaddr*>(&return_->address);
  FileDescriptor fresh(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fresh.is_open()) return;
  if (connect(fresh.get(), address, return_->address_size) != 0 && errno != EINPROGRESS) return;
  socket_ = std::move(fresh);
  parser_ = NatsParser(limits_);
  in_begin_ = in_end_ = 0;
  out_begin_ = out_end_ = 0;
  frame_waits_ = false;
  greeted_ = false;
  lame_duck_ = false;
  return_->connected = false;
  return_->said_hello = false;
  fate_ = Fate{};
  fate_.end = End::opening;
}

bool NatsConnection::is_connected() noexcept {
  if (return_->connected) return true;
  pollfd entry{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
  if (::poll(&entry, 1, 0) <= 0) return false;
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error == 0 && met_itself(socket_.get())) error = ECONNREFUSED;
  if (error != 0) {
    // Nobody there is no end of a connection worth telling.
    socket_.reset();
    end_with(End::failed, error);
    return false;
  }
  const int on = 1;
  setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return_->connected = true;
  return true;
}

void NatsConnection::continue_attempt() noexcept {
  if (fate_.end != End::opening || !is_connected()) return;
  receive();
  if (!greeted_) {
    static_cast<void>(step());
    if (!greeted_) return;
  }
  Return& back = *return_;
  if (!back.said_hello) {
    constexpr std::string_view kPing = "PING\r\n";
    // Set-up has seen to it that it fits; see subscribe().
    if (back.hello.size() + kPing.size() > out_.size()) out_.resize(back.hello.size() + 8);
    out_end_ = static_cast<std::size_t>(
        std::copy(kPing.begin(), kPing.end(),
                  std::copy(back.hello.begin(), back.hello.end(), out_.begin())) -
        out_.begin());
    back.wanted_pongs = pongs_ + 1;
    back.said_hello = true;
  }
  flush();
  while (!frame_waits_ && pongs_ < back.wanted_pongs) {
    const Step now = step();
    if (now == Step::nothing) return;
    if (now == Step::message) {
      // It would not come if the server had not taken us; it is for who asks next.
      frame_waits_ = true;
    }
  }
  if (pending() != 0 || fate_.end != End::opening) return;
  fate_.end = End::open;
  ++counters_.reconnects;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"

#include "base/build_info.hpp"
#include "base/quote.hpp"

namespace busmark {

namespace {

std::size_t longest_frame(const NatsLimits& limits) noexcept {
  constexpr std::size_t kLineEnds = 4;
  return std::max(limits.info_line, limits.control_line + limits.payload) + kLineEnds;
}

}  // namespace

NatsServerInfo parse_nats_info(std::string_view json) {
  const auto tree = nlohmann::json::parse(json, nullptr, false);
  if (!tree.is_object()) throw SetupError("it is no JSON object");
  NatsServerInfo info;
  try {
    info.version = tree.value("version", "");
    info.id = tree.value("server_id", "");
    info.max_payload = tree.value("max_payload", std::uint64_t{0});
    info.headers = tree.value("headers", false);
    info.jetstream = tree.value("jetstream", false);
    info.auth_required = tree.value("auth_required", false);
    info.tls_required = tree.value("tls_required", false);
  } catch (const nlohmann::json::exception&) {
    throw SetupError("a field has the wrong type");
  }
  return info;
}

NatsConnection::NatsConnection(const NatsAddress& address, const Options& options,
                               Deadline deadline)
    : socket_(connect_to(address, deadline)),
      shown_(address.shown()),
      parser_(options.limits),
      in_(std::max(options.receive_buffer, longest_frame(options.limits))),
      out_(options.send_buffer),
      limits_(options.limits) {
  if (options.reconnect) {
    return_ = std::make_unique<Return>();
    return_->patience = deadline - std::chrono::steady_clock::now();
    return_->address_size = sizeof return_->address;
    getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&return_->address),
                &return_->address_size);
  }
  say_hello(address, options.name, deadline);
}

void NatsConnection::say_hello(const NatsAddress& address, std::string_view name,
                               Deadline deadline) {
  // The server speaks first.
  while (!greeted_) {
    while (next() != nullptr) continue;
    if (greeted_ || receive()) continue;
    if (!is_open()) throw SetupError(refusal());
    if (is_open() && !wait_until_ready(socket_.get(), POLLIN, deadline)) {
      throw SetupError(
          fmt::format("{} accepts connections but says nothing: it is no nats-server, "
                      "or one that hangs",
                      shown_));
    }
  }
  try {
    info_ = parse_nats_info(first_info_);
  } catch (const SetupError& error) {
    throw SetupError(fmt::format("{} sent an INFO that cannot be read: {}", shown_, error.what()));
  }
  first_info_ = {};
  if (info_.tls_required) {
    throw SetupError(fmt::format("{} wants TLS, which nats/wire does not speak", shown_));
  }
  const std::string version = build_info().version;
  NatsWriter writer(room(), room_size());
  const NatsFault fault = writer.connect({.name = name,
                                          .version = version,
                                          .user = address.user,
                                          .password = address.password,
                                          .token = address.token});
  if (fault != NatsFault::none) throw SetupError("user, password or token is too long");
  if (return_ != nullptr) return_->hello = writer.text();
  add(writer.text().size());
  confirm(deadline);
  // No secret stays behind in the buffer.
  std::fill(out_.begin(), out_.end(), '\0');
}

void NatsConnection::subscribe(std::string_view pattern, std::string_view group,
                               std::uint64_t subscription) {
  NatsWriter writer(room(), room_size());
  const NatsFault fault = writer.subscribe(pattern, group, subscription);
  if (fault != NatsFault::none) {
    throw SetupError(
        fmt::format("cannot subscribe to {}: it is {}", in_quotes(pattern), to_string(fault)));
  }
  if (return_ != nullptr) return_->hello += writer.text();
  add(writer.text().size());
}

void NatsConnection::confirm(Deadline deadline) {
  NatsWriter writer(room(), room_size());
  if (writer.ping() != NatsFault::none) throw SetupError("too many subscriptions at once");
  add(writer.text().size());
  while (pending() != 0 && is_open()) {
    if (flush() == 0 && is_open() && !wait_until_ready(socket_.get(), POLLOUT, deadline)) break;
  }
  await_pong(deadline);
}

void NatsConnection::await_pong(Deadline deadline) {
  const std::uint64_t errors = counters_.errors;
  const std::uint64_t wanted = pongs_ + 1;
  while (true) {
    // Not one frame more: what stands behind the answer is for the caller.
    while (pongs_ < wanted && step() != Step::nothing) continue;
    if (pongs_ >= wanted) break;
    if (receive()) continue;
    if (!is_open()) throw SetupError(refusal());
    if (!wait_until_ready(socket_.get(), POLLIN, deadline)) {
      throw SetupError(fmt::format("{} did not answer in time", shown_));
    }
  }
  // A server may refuse a subscription and keep the connection.
  if (counters_.errors != errors) throw SetupError(refusal());
}

std::string NatsConnection::refusal() const { return shown_ + " " + end_text(); }

std::string NatsConnection::text_of(const Fate& fate) const {
  std::string said;
  if (fate.error_size != 0) {
    said = fmt::format("said -ERR {}",
                       in_quotes({fate.error.data(), fate.error_size}, fate.error.size()));
  }
  const auto with_said = [&](std::string text) {
    return said.empty() ? text : fmt::format("{} and {}", said, text);
  };
  switch (fate.end) {
    case End::open:
    case End::opening: return said;
    case End::closed: return with_said("closed the connection");
    case End::failed:
      return with_said(fmt::format("broke the connection: {}", std::strerror(fate.error_number)));
    case End::broken:
      return with_said(fmt::format("does not speak NATS: it sent {}", to_string(fate.fault)));
  }
  return said;
}

void NatsConnection::hear_last_words() noexcept {
  if (fate_.end != End::failed || !socket_.is_open()) return;
  const int reason = fate_.error_number;
  fate_.end = End::open;
  do {
    while (next() != nullptr) continue;
  } while (receive());
  if (fate_.end == End::open) end_with(End::failed, reason);
}

void NatsConnection::end_with(End end, int error_number) noexcept {
  fate_.end = end;
  fate_.error_number = error_number;
  fate_.fault = end == End::broken ? parser_.fault() : NatsFault::none;
}

bool NatsConnection::receive(bool keep) noexcept {
  if (!can_talk()) return false;
  const bool little_room = in_.size() - in_end_ < in_.size() / 4;
  if (!keep && in_begin_ != 0 && (in_begin_ == in_end_ || little_room)) {
    std::memmove(in_.data(), in_.data() + in_begin_, in_end_ - in_begin_);
    in_end_ -= in_begin_;
    in_begin_ = 0;
  }
  if (in_end_ == in_.size()) return false;
  const ssize_t got = recv(socket_.get(), in_.data() + in_end_, in_.size() - in_end_, MSG_DONTWAIT);
  if (got > 0) {
    in_end_ += static_cast<std::size_t>(got);
    ++counters_.receives;
    counters_.bytes_received += static_cast<std::uint64_t>(got);
    return true;
  }
  if (got == 0) {
    end_with(End::closed);
  } else if (errno != EAGAIN && errno != EINTR) {
    end_with(End::failed, errno);
  }
  return false;
}

NatsConnection::Step NatsConnection::step() noexcept {
  // What came before the end of the connection counts.
  if (fate_.end == End::broken) return Step::nothing;
  switch (parser_.next({in_.data() + in_begin_, in_end_ - in_begin_})) {
    case NatsParser::State::more: return Step::nothing;
    case NatsParser::State::fault: end_with(End::broken); return Step::nothing;
    case NatsParser::State::frame: break;
  }
  in_begin_ += parser_.used();
  if (parser_.frame().kind == NatsFrame::Kind::message) return Step::message;
  handle(parser_.frame());
  return Step::control;
}

const NatsFrame* NatsConnection::next() noexcept {
  if (std::exchange(frame_waits_, false)) return &parser_.frame();
  while (true) {
    switch (step()) {
      case Step::nothing: return nullptr;
      case Step::message: return &parser_.frame();
      case Step::control: break;
    }
  }
}

void NatsConnection::handle(const NatsFrame& frame) noexcept {
  constexpr std::string_view kPong = "PONG\r\n";
  switch (frame.kind) {
    case NatsFrame::Kind::info:
      if (!greeted_) {
        first_info_ = frame.body;  // set-up may allocate
      } else {
        lame_duck_ = lame_duck_ || frame.body.find("\"ldm\":true") != std::string_view::npos;
      }
      greeted_ = true;
      return;
    case NatsFrame::Kind::ping:
      // Without room there is so much on its way that the server knows that we live.
      if (room_size() < kPong.size()) return;
      std::copy(kPong.begin(), kPong.end(), room());
      add(kPong.size());
      flush();
      ++counters_.pings;
      return;
    case NatsFrame::Kind::pong: ++pongs_; return;
    case NatsFrame::Kind::error:
      ++counters_.errors;
      note_error(frame.body);
      return;
    case NatsFrame::Kind::ok:
    case NatsFrame::Kind::message: return;
  }
}

void NatsConnection::note_error(std::string_view text) noexcept {
  fate_.error_size = std::min(text.size(), fate_.error.size());
  std::copy_n(text.begin(), fate_.error_size, fate_.error.begin());
}

bool NatsConnection::is_writable() noexcept {
  pollfd entry{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
  const bool writable = ::poll(&entry, 1, 0) > 0;
  counters_.full += writable ? 0 : 1;
  return writable;
}

std::size_t NatsConnection::flush() noexcept {
  if (pending() == 0 || !can_talk()) return 0;
  const ssize_t sent =
      send(socket_.get(), out_.data() + out_begin_, pending(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno == EAGAIN) {
      ++counters_.full;
    } else if (errno != EINTR) {
      end_with(End::failed, errno);
    }
    return 0;
  }
  const auto taken = static_cast<std::size_t>(sent);
  ++counters_.sends;
  counters_.bytes_sent += taken;
  if (taken == pending()) {
    out_begin_ = 0;
    out_end_ = 0;
  } else {
    ++counters_.partial;
    out_begin_ += taken;
  }
  return taken;
}

}  // namespace busmark

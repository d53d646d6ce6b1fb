// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "record/nats.hpp"
#include "transport/nats/address.hpp"
#include "transport/nats/protocol.hpp"
#include "transport/nats/socket.hpp"

namespace busmark {

/// What a server says of itself when a client connects.
struct NatsServerInfo {
  std::string version;
  std::string id;
  std::uint64_t max_payload = 0;
  bool headers = false;
  bool jetstream = false;
  bool auth_required = false;
  bool tls_required = false;
};
/// From the JSON of an INFO; what is not in it keeps its default. Throws SetupError.
[[nodiscard]] NatsServerInfo parse_nats_info(std::string_view json);

/// One socket to a nats-server, for one thread: no hidden thread, no lock, no allocation once it is
/// connected. Whatever the server does, each call returns.
class NatsConnection {
 public:
  struct Options {
    std::string_view name;
    NatsLimits limits{};
    std::size_t receive_buffer = 256 * 1024;  ///< Bytes; more where the limits need more.
    std::size_t send_buffer = 64 * 1024;      ///< Bytes.
    bool reconnect = false;                   ///< `reopen` may be asked for.
  };

  /// Connects, says CONNECT and waits for the answer to a PING. Throws SetupError: the address is
  /// in it, no secret is.
  NatsConnection(const NatsAddress& address, const Options& options, Deadline deadline);

  [[nodiscard]] const NatsServerInfo& info() const noexcept { return info_; }
  [[nodiscard]] const NatsCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] int socket() const noexcept { return socket_.get(); }

  /// Set-up: throws SetupError when the text does not fit a line of the protocol.
  void subscribe(std::string_view pattern, std::string_view group, std::uint64_t subscription);
  /// Set-up: returns when the server has dealt with everything sent so far. Messages that come
  /// before that are thrown away. Throws SetupError at the deadline and when the server refuses.
  void confirm(Deadline deadline);

  /// False once the server or the network has ended the connection, for the reason in `end_text`.
  [[nodiscard]] bool is_open() const noexcept { return fate_.end == End::open; }
  /// Why the connection ended, `-ERR` texts included; empty while it is open and nothing was said.
  [[nodiscard]] std::string end_text() const { return text_of(fate_); }
  /// The same of earlier ends and of attempts to come back, in order; the same twice in a row, and
  /// many, are left out.
  [[nodiscard]] std::vector<std::string> earlier_ends() const;

  /// Comes back after the end, one step at each call and without waiting: connects, says CONNECT
  /// and the subscriptions again, and awaits the answer. True once it is open; what was received
  /// and not taken, and what waited to be sent, is gone then. Without Options::reconnect false.
  bool reopen() noexcept;

  /// A server may have given its reason before a send failed: reads it. When all is over.
  void hear_last_words() noexcept;
  /// The server has announced that it will go (lame duck mode).
  [[nodiscard]] bool lame_duck() const noexcept { return lame_duck_; }

  /// Takes what the socket has, without waiting. False when there was nothing. Frames handed out
  /// before are gone, unless `keep`: then it may find no room.
  bool receive(bool keep = false) noexcept;
  /// The next message of what was received, or null. Answers what is not a message.
  const NatsFrame* next() noexcept;

  /// Room behind what waits to be sent; fill its front and `add` that.
  [[nodiscard]] char* room() noexcept { return out_.data() + out_end_; }
  [[nodiscard]] std::size_t room_size() const noexcept { return out_.size() - out_end_; }
  void add(std::size_t bytes) noexcept { out_end_ += bytes; }
  /// Bytes that wait to be sent.
  [[nodiscard]] std::size_t pending() const noexcept { return out_end_ - out_begin_; }
  /// Takes back the last `bytes` of what waits.
  void take_back(std::size_t bytes) noexcept {
    out_end_ -= bytes;
    if (pending() == 0) out_begin_ = out_end_ = 0;
  }
  /// Whether the kernel says that a send would take something, or fail; without waiting. Counts as
  /// a full one when not.
  [[nodiscard]] bool is_writable() noexcept;
  /// One attempt to send what waits, without waiting. Returns the bytes taken.
  std::size_t flush() noexcept;

 private:
  enum class End : std::uint8_t { open, opening, closed, failed, broken };
  enum class Step : std::uint8_t { nothing, control, message };

  /// How it stands with the connection, or how it ended.
  struct Fate {
    End end = End::open;
    int error_number = 0;
    NatsFault fault = NatsFault::none;
    std::array<char, 160> error{};  ///< The last -ERR, cut.
    std::size_t error_size = 0;
    bool operator==(const Fate&) const = default;
  };
  /// What is needed to come back.
  struct Return {
    sockaddr_storage address{};
    socklen_t address_size = 0;
    std::string hello;  ///< CONNECT and every SUB.
    Nanoseconds patience{};
    std::array<Fate, 6> ends{};
    std::size_t end_count = 0;
    std::chrono::steady_clock::time_point next_attempt{};
    std::chrono::steady_clock::time_point give_up{};
    std::uint64_t wanted_pongs = 0;
    bool connected = false;
    bool said_hello = false;
  };

  void say_hello(const NatsAddress& address, std::string_view name, Deadline deadline);
  void await_pong(Deadline deadline);
  [[nodiscard]] std::string refusal() const;
  /// Deals with one frame of what was received.
  Step step() noexcept;
  void handle(const NatsFrame& frame) noexcept;
  void note_error(std::string_view text) noexcept;
  void end_with(End end, int error_number = 0) noexcept;
  [[nodiscard]] bool can_talk() const noexcept { return is_open() || fate_.end == End::opening; }
  [[nodiscard]] std::string text_of(const Fate& fate) const;

  void start_attempt() noexcept;
  void continue_attempt() noexcept;
  [[nodiscard]] bool is_connected() noexcept;
  void note_end() noexcept;

  FileDescriptor socket_;
  std::string shown_;  ///< The address, for messages.
  NatsServerInfo info_;
  NatsParser parser_;
  std::vector<char> in_;
  std::size_t in_begin_ = 0;
  std::size_t in_end_ = 0;
  std::vector<char> out_;
  std::size_t out_begin_ = 0;
  std::size_t out_end_ = 0;
  NatsCounters counters_;
  std::uint64_t pongs_ = 0;
  std::string first_info_;  ///< Until the hello is over.
  bool greeted_ = false;
  bool lame_duck_ = false;
  bool frame_waits_ = false;  ///< The parser's frame is a message that nobody has taken.
  Fate fate_;
  NatsLimits limits_;
  std::unique_ptr<Return> return_;  ///< Null: no coming back.
};

}  // namespace busmark

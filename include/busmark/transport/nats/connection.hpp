// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/transport/nats/address.hpp"
#include "busmark/transport/nats/protocol.hpp"
#include "busmark/transport/nats/socket.hpp"

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

/// What one connection did. Read it when its thread is joined.
struct NatsCounters {
  std::uint64_t sends = 0;  ///< System calls that took something.
  std::uint64_t bytes_sent = 0;
  std::uint64_t full = 0;      ///< Sends that found the socket's buffer full.
  std::uint64_t partial = 0;   ///< Sends of which a part was taken.
  std::uint64_t receives = 0;  ///< System calls that brought something.
  std::uint64_t bytes_received = 0;
  std::uint64_t pings = 0;   ///< From the server, answered.
  std::uint64_t errors = 0;  ///< -ERR from the server.
};

/// One socket to a nats-server, for one thread: no hidden thread, no lock, no allocation once it is
/// connected. Whatever the server does, each call returns.
class NatsConnection {
 public:
  struct Options {
    std::string_view name;
    NatsLimits limits{};
    std::size_t receive_buffer = 256 * 1024;  ///< Bytes; more where the limits need more.
    std::size_t send_buffer = 64 * 1024;      ///< Bytes.
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
  [[nodiscard]] bool is_open() const noexcept { return end_ == End::open; }
  /// Why the connection ended, `-ERR` texts included; empty while it is open and nothing was said.
  [[nodiscard]] std::string end_text() const;
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
  enum class End : std::uint8_t { open, closed, failed, broken };
  enum class Step : std::uint8_t { nothing, control, message };

  void say_hello(const NatsAddress& address, std::string_view name, Deadline deadline);
  void await_pong(Deadline deadline);
  [[nodiscard]] std::string refusal() const;
  /// Deals with one frame of what was received.
  Step step() noexcept;
  void handle(const NatsFrame& frame) noexcept;
  void note_error(std::string_view text) noexcept;

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
  End end_ = End::open;
  int errno_ = 0;
  std::array<char, 160> error_{};  ///< The last -ERR, cut.
  std::size_t error_size_ = 0;
};

}  // namespace busmark

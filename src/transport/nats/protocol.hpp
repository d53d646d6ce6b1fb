// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace busmark {

// The client's side of the NATS protocol (docs.nats.io, "Client Protocol"; checked against
// nats-server 2.9): what a server sends, taken apart without a copy. Nothing here allocates,
// throws or makes a system call.

inline constexpr std::string_view kNatsLineEnd = "\r\n";

/// What is accepted from a server. Whatever exceeds a limit is a fault and no reason to wait for
/// more bytes, so that a hostile length costs nothing.
struct NatsLimits {
  std::size_t control_line = 4096;    ///< Bytes of a line, but for INFO, without its end.
  std::size_t info_line = 64 * 1024;  ///< Bytes of an INFO line: a large cluster lists itself.
  std::size_t subject = 1024;         ///< Bytes of a subject or a reply subject.
  std::size_t header = 64 * 1024;     ///< Bytes of the header block of an HMSG.
  std::size_t payload = 64ULL << 20;  ///< Bytes of header block and payload together.
};

/// What is wrong with bytes from a server, or with what is to be written.
enum class NatsFault : std::uint8_t {
  none,
  unknown_operation,
  line_too_long,
  bad_line_end,   ///< A line feed without a carriage return before it.
  bad_arguments,  ///< Too few, too many, or none where one is needed.
  bad_subject,    ///< Empty, or with a control character.
  subject_too_long,
  bad_subscription,  ///< Not a number from 1 to 2^64 - 1.
  bad_size,          ///< Not a number, or one above 2^32 - 1.
  header_too_long,
  payload_too_long,
  header_exceeds_message,  ///< An HMSG whose header is said to be longer than header and payload.
  bad_header,              ///< Not "NATS/1.0" ... empty line.
  bad_message_end,         ///< No CR LF where the payload is said to end.
  no_room,                 ///< NatsWriter: the buffer is full.
};
/// A phrase that ends a sentence: `sent a line without its end`.
[[nodiscard]] std::string_view to_string(NatsFault fault) noexcept;

/// One operation of a server. The views point into the bytes that were parsed.
struct NatsFrame {
  enum class Kind : std::uint8_t { info, message, ping, pong, ok, error };

  Kind kind = Kind::ok;
  std::string_view subject;        ///< message.
  std::string_view reply;          ///< message; empty when nobody waits for an answer.
  std::string_view header;         ///< message; with its first and its empty last line.
  std::string_view body;           ///< message: payload; info: JSON; error: text without quotes.
  std::uint64_t subscription = 0;  ///< message: the number that SUB gave.
};

/// Takes a stream of bytes apart, however it was cut. The bytes stay with the caller, who hands in
/// all that are not used up yet, and more of them each time; the parser remembers what of them it
/// has seen, so that a stream that drips costs no more than one that flows. One thread.
class NatsParser {
 public:
  enum class State : std::uint8_t {
    more,   ///< No whole frame yet: call again with the same bytes and others behind them.
    frame,  ///< `frame()` is next; its first `used()` bytes are done with.
    fault,  ///< The stream is broken for good; see `fault()`.
  };

  explicit NatsParser(const NatsLimits& limits = {}) noexcept : limits_(limits) {}

  /// `bytes` begins behind the last frame.
  [[nodiscard]] State next(std::string_view bytes) noexcept;

  /// After State::frame, until the bytes are gone.
  [[nodiscard]] const NatsFrame& frame() const noexcept { return frame_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] NatsFault fault() const noexcept { return fault_; }
  /// Bytes that the frame begun now needs in all; 0 while its line is not whole.
  [[nodiscard]] std::size_t needed() const noexcept { return needed_; }

 private:
  State parse_line(std::string_view line) noexcept;
  State parse_message_line(std::string_view arguments, bool has_header) noexcept;
  State finish_message(std::string_view bytes) noexcept;
  State complete(NatsFrame::Kind kind, std::string_view body = {}) noexcept;
  State fail(NatsFault fault) noexcept;

  NatsLimits limits_;
  NatsFrame frame_;
  NatsFault fault_ = NatsFault::none;
  std::size_t scanned_ = 0;  ///< Bytes without the end of the line.
  std::size_t line_ = 0;     ///< Bytes of a message's line with its end; 0 while it is not whole.
  std::size_t needed_ = 0;
  std::size_t used_ = 0;
  std::size_t header_size_ = 0;
  std::size_t message_size_ = 0;  ///< Header and payload.
  std::size_t subject_at_ = 0;    ///< Places instead of views: the caller may move the bytes.
  std::size_t subject_size_ = 0;
  std::size_t reply_at_ = 0;
  std::size_t reply_size_ = 0;
};

/// What a client says when it connects. Empty texts are left out.
struct NatsHello {
  std::string_view name;
  std::string_view version;
  std::string_view user;
  std::string_view password;
  std::string_view token;
};

/// Puts operations of a client one behind the other into a buffer of fixed size. One that does not
/// fit, or is not fit to be sent, leaves the buffer as it was.
class NatsWriter {
 public:
  NatsWriter(char* buffer, std::size_t capacity) noexcept : buffer_(buffer), capacity_(capacity) {}

  [[nodiscard]] NatsFault connect(const NatsHello& hello) noexcept;
  [[nodiscard]] NatsFault publish(std::string_view subject, std::string_view payload,
                                  std::string_view reply = {}) noexcept;
  /// `header` is a whole block: `NATS/1.0`, lines, an empty line.
  [[nodiscard]] NatsFault publish_with_header(std::string_view subject, std::string_view header,
                                              std::string_view payload,
                                              std::string_view reply = {}) noexcept;
  /// `group` may be empty.
  [[nodiscard]] NatsFault subscribe(std::string_view pattern, std::string_view group,
                                    std::uint64_t subscription) noexcept;
  /// `after`: messages until then; 0 is at once.
  [[nodiscard]] NatsFault unsubscribe(std::uint64_t subscription, std::uint64_t after = 0) noexcept;
  [[nodiscard]] NatsFault ping() noexcept { return write("PING\r\n"); }
  [[nodiscard]] NatsFault pong() noexcept { return write("PONG\r\n"); }

  [[nodiscard]] std::string_view text() const noexcept { return {buffer_, size_}; }
  void clear() noexcept { size_ = 0; }

 private:
  class Draft;
  NatsFault write(std::string_view text) noexcept;

  char* buffer_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

/// Whether `text` may stand as a subject, a pattern or a queue group in a line of the protocol:
/// anything that is not empty, without white space and control characters. A server says itself
/// what it makes of the dots and wildcards in it.
[[nodiscard]] bool fits_protocol_line(std::string_view text) noexcept;
/// Whether `header` is `NATS/1.0`, a rest of that line, lines, and an empty line at its end.
[[nodiscard]] bool is_header_block(std::string_view header) noexcept;

}  // namespace busmark

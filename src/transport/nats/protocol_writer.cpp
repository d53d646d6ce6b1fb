// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <cstring>

#include "transport/nats/protocol.hpp"

namespace busmark {

/// One operation on its way into the buffer: counted in only when all of it fits.
class NatsWriter::Draft {
 public:
  explicit Draft(NatsWriter& writer) noexcept
      : writer_(writer),
        at_(writer.buffer_ + writer.size_),
        end_(writer.buffer_ + writer.capacity_) {}

  Draft& text(std::string_view text) noexcept {
    if (text.size() > room()) {
      fits_ = false;
    } else if (fits_ && !text.empty()) {
      std::memcpy(at_, text.data(), text.size());
      at_ += text.size();
    }
    return *this;
  }

  Draft& number(std::uint64_t number) noexcept {
    std::array<char, 20> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    return text({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

  /// A JSON string in its quotes (RFC 8259, section 7).
  Draft& quoted(std::string_view value) noexcept {
    constexpr std::string_view kHex = "0123456789abcdef";
    text("\"");
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        text("\\").text({&c, 1});
      } else if (byte < 0x20 || byte == 0x7f) {
        const std::array escape{'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
        text({escape.data(), escape.size()});
      } else {
        text({&c, 1});
      }
    }
    return text("\"");
  }

  Draft& member(std::string_view name, std::string_view value) noexcept {
    if (value.empty()) return *this;
    return text(",\"").text(name).text("\":").quoted(value);
  }

  NatsFault commit() noexcept {
    if (!fits_) return NatsFault::no_room;
    writer_.size_ = static_cast<std::size_t>(at_ - writer_.buffer_);
    return NatsFault::none;
  }

 private:
  [[nodiscard]] std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  NatsWriter& writer_;
  char* at_;
  char* end_;
  bool fits_ = true;
};

NatsFault NatsWriter::write(std::string_view text) noexcept {
  return Draft(*this).text(text).commit();
}

NatsFault NatsWriter::connect(const NatsHello& hello) noexcept {
  return Draft(*this)
      .text("CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":false,")
      .text("\"lang\":\"c++\",\"protocol\":1,\"echo\":true,\"headers\":true,\"no_responders\":true")
      .member("name", hello.name)
      .member("version", hello.version)
      .member("user", hello.user)
      .member("pass", hello.password)
      .member("auth_token", hello.token)
      .text("}\r\n")
      .commit();
}

NatsFault NatsWriter::publish(std::string_view subject, std::string_view payload,
                              std::string_view reply) noexcept {
  if (!fits_protocol_line(subject) || (!reply.empty() && !fits_protocol_line(reply))) {
    return NatsFault::bad_subject;
  }
  Draft draft(*this);
  draft.text("PUB ").text(subject).text(" ");
  if (!reply.empty()) draft.text(reply).text(" ");
  return draft.number(payload.size()).text("\r\n").text(payload).text("\r\n").commit();
}

NatsFault NatsWriter::publish_with_header(std::string_view subject, std::string_view header,
                                          std::string_view payload,
                                          std::string_view reply) noexcept {
  if (!fits_protocol_line(subject) || (!reply.empty() && !fits_protocol_line(reply))) {
    return NatsFault::bad_subject;
  }
  if (!is_header_block(header)) return NatsFault::bad_header;
  Draft draft(*this);
  draft.text("HPUB ").text(subject).text(" ");
  if (!reply.empty()) draft.text(reply).text(" ");
  draft.number(header.size()).text(" ").number(header.size() + payload.size()).text("\r\n");
  return draft.text(header).text(payload).text("\r\n").commit();
}

NatsFault NatsWriter::subscribe(std::string_view pattern, std::string_view group,
                                std::uint64_t subscription) noexcept {
  if (!fits_protocol_line(pattern) || (!group.empty() && !fits_protocol_line(group))) {
    return NatsFault::bad_subject;
  }
  if (subscription == 0) return NatsFault::bad_subscription;
  Draft draft(*this);
  draft.text("SUB ").text(pattern).text(" ");
  if (!group.empty()) draft.text(group).text(" ");
  return draft.number(subscription).text("\r\n").commit();
}

NatsFault NatsWriter::unsubscribe(std::uint64_t subscription, std::uint64_t after) noexcept {
  if (subscription == 0) return NatsFault::bad_subscription;
  Draft draft(*this);
  draft.text("UNSUB ").number(subscription);
  if (after != 0) draft.text(" ").number(after);
  return draft.text("\r\n").commit();
}

}  // namespace busmark

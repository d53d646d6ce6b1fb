// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/protocol.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>

namespace busmark {
namespace {

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// Neither white space nor a control character; bytes of UTF-8 are welcome.
constexpr bool is_word(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f;
}

/// Operations may be written in any case.
bool is_operation(std::string_view word, std::string_view upper) noexcept {
  if (word == upper) return true;
  return word.size() == upper.size() &&
         std::equal(word.begin(), word.end(), upper.begin(), [](char c, char wanted) {
           return (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c) == wanted;
         });
}

std::string_view without_blanks_around(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Nothing when it is no number in decimal digits or above `highest`.
std::optional<std::uint64_t> read_number(std::string_view text, std::uint64_t highest) noexcept {
  if (text.empty() || text.size() > 20) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (number > (highest - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
  }
  return number;
}

constexpr std::size_t kMostArguments = 5;

/// The words of a line; one more than `kMostArguments` when there are too many.
struct Arguments {
  std::array<std::string_view, kMostArguments> words;
  std::size_t count = 0;

  explicit Arguments(std::string_view line) noexcept {
    const char* at = line.data();
    const char* const end = at + line.size();
    while (true) {
      while (at != end && is_blank(*at)) ++at;
      if (at == end) return;
      const char* const start = at;
      while (at != end && !is_blank(*at)) ++at;
      if (count == kMostArguments) {
        ++count;
        return;
      }
      words[count++] = std::string_view(start, static_cast<std::size_t>(at - start));
    }
  }
};

NatsFault check_word(std::string_view word, std::size_t longest) noexcept {
  if (word.size() > longest) return NatsFault::subject_too_long;
  return fits_protocol_line(word) ? NatsFault::none : NatsFault::bad_subject;
}

}  // namespace

std::string_view to_string(NatsFault fault) noexcept {
  switch (fault) {
    case NatsFault::none: return "nothing wrong";
    case NatsFault::unknown_operation: return "an operation that NATS does not know";
    case NatsFault::line_too_long: return "a line that does not end within its limit";
    case NatsFault::bad_line_end: return "a line that does not end in CR LF";
    case NatsFault::bad_arguments: return "an operation with the wrong number of arguments";
    case NatsFault::bad_subject: return "a subject that is empty or holds a control character";
    case NatsFault::subject_too_long: return "a subject above the limit of its length";
    case NatsFault::bad_subscription: return "a subscription that is no number above 0";
    case NatsFault::bad_size: return "a size that is no 32-bit number";
    case NatsFault::header_too_long: return "a header above the limit of its size";
    case NatsFault::payload_too_long: return "a message above the limit of its size";
    case NatsFault::header_exceeds_message: return "a header longer than its whole message";
    case NatsFault::bad_header: return "a header that is not NATS/1.0 up to an empty line";
    case NatsFault::bad_message_end: return "a message without CR LF behind its payload";
    case NatsFault::no_room: return "more than the buffer holds";
  }
  return "an unknown fault";
}

bool fits_protocol_line(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_word);
}

bool is_header_block(std::string_view header) noexcept {
  constexpr std::string_view kVersion = "NATS/1.0";
  constexpr std::string_view kEnd = "\r\n\r\n";
  if (!header.starts_with(kVersion) || !header.ends_with(kEnd)) return false;
  const char behind = header[kVersion.size()];
  // The first empty line is the end: what stands behind it belongs to the payload.
  return (behind == '\r' || is_blank(behind)) && header.find(kEnd) == header.size() - kEnd.size();
}

NatsParser::State NatsParser::next(std::string_view bytes) noexcept {
  if (fault_ != NatsFault::none) return State::fault;
  if (line_ != 0) return finish_message(bytes);
  if (bytes.empty()) return State::more;

  const char first = bytes.front();
  if (std::memchr("IiMmHhPp+-", first, 10) == nullptr) return fail(NatsFault::unknown_operation);
  const std::size_t longest =
      first == 'I' || first == 'i' ? limits_.info_line : limits_.control_line;
  const std::size_t within = std::min(bytes.size(), longest + kNatsLineEnd.size());
  const void* const found =
      scanned_ < within ? std::memchr(bytes.data() + scanned_, '\n', within - scanned_) : nullptr;
  if (found == nullptr) {
    scanned_ = within;
    return within == longest + kNatsLineEnd.size() ? fail(NatsFault::line_too_long) : State::more;
  }
  const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
  if (end == 0 || bytes[end - 1] != '\r') return fail(NatsFault::bad_line_end);
  used_ = end + 1;
  const State state = parse_line(bytes.substr(0, end - 1));
  // A message goes on behind its line.
  return line_ != 0 && state == State::more ? finish_message(bytes) : state;
}

NatsParser::State NatsParser::parse_line(std::string_view line) noexcept {
  const auto space = std::find_if(line.begin(), line.end(), is_blank);
  const auto length = static_cast<std::size_t>(space - line.begin());
  const std::string_view operation = line.substr(0, length);
  if (operation == "MSG") return parse_message_line(line, false);
  const std::string_view rest = without_blanks_around(line.substr(length));
  if (is_operation(operation, "MSG")) return parse_message_line(line, false);
  if (is_operation(operation, "HMSG")) return parse_message_line(line, true);
  if (is_operation(operation, "INFO")) {
    const bool object = rest.size() >= 2 && rest.front() == '{' && rest.back() == '}';
    return object ? complete(NatsFrame::Kind::info, rest) : fail(NatsFault::bad_arguments);
  }
  if (is_operation(operation, "-ERR")) {
    std::string_view text = rest;
    if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
      text = text.substr(1, text.size() - 2);
    }
    return text.empty() ? fail(NatsFault::bad_arguments) : complete(NatsFrame::Kind::error, text);
  }
  constexpr std::array kBare{std::pair{std::string_view("PING"), NatsFrame::Kind::ping},
                             std::pair{std::string_view("PONG"), NatsFrame::Kind::pong},
                             std::pair{std::string_view("+OK"), NatsFrame::Kind::ok}};
  for (const auto& [name, kind] : kBare) {
    if (!is_operation(operation, name)) continue;
    return rest.empty() ? complete(kind) : fail(NatsFault::bad_arguments);
  }
  return fail(NatsFault::unknown_operation);
}

/// `MSG subject sid [reply] size`, `HMSG subject sid [reply] header-size size`.
NatsParser::State NatsParser::parse_message_line(std::string_view line, bool has_header) noexcept {
  constexpr std::uint64_t kHighestSize = std::numeric_limits<std::uint32_t>::max();
  const std::string_view arguments_text = line.substr(has_header ? 4 : 3);
  const Arguments arguments(arguments_text);
  const std::size_t fewest = has_header ? 4 : 3;
  if (arguments.count != fewest && arguments.count != fewest + 1) {
    return fail(NatsFault::bad_arguments);
  }
  const bool has_reply = arguments.count == fewest + 1;
  const std::string_view subject = arguments.words[0];
  const std::string_view reply = has_reply ? arguments.words[2] : std::string_view{};
  if (const auto fault = check_word(subject, limits_.subject); fault != NatsFault::none) {
    return fail(fault);
  }
  if (has_reply) {
    const NatsFault fault = check_word(reply, limits_.subject);
    if (fault != NatsFault::none) return fail(fault);
  }
  const auto subscription =
      read_number(arguments.words[1], std::numeric_limits<std::uint64_t>::max());
  if (!subscription || *subscription == 0) return fail(NatsFault::bad_subscription);
  const auto size = read_number(arguments.words[arguments.count - 1], kHighestSize);
  const auto header =
      has_header ? read_number(arguments.words[arguments.count - 2], kHighestSize) : 0;
  if (!size || !header) return fail(NatsFault::bad_size);
  if (*header > limits_.header) return fail(NatsFault::header_too_long);
  if (*size > limits_.payload) return fail(NatsFault::payload_too_long);
  if (*header > *size) return fail(NatsFault::header_exceeds_message);
  if (has_header && *header == 0) return fail(NatsFault::bad_header);

  frame_ = {.kind = NatsFrame::Kind::message,
            .subject = {},
            .reply = {},
            .header = {},
            .body = {},
            .subscription = *subscription};
  subject_at_ = static_cast<std::size_t>(subject.data() - line.data());
  subject_size_ = subject.size();
  reply_at_ = has_reply ? static_cast<std::size_t>(reply.data() - line.data()) : 0;
  reply_size_ = reply.size();
  header_size_ = *header;
  message_size_ = *size;
  line_ = used_;
  needed_ = line_ + message_size_ + kNatsLineEnd.size();
  return State::more;
}

NatsParser::State NatsParser::finish_message(std::string_view bytes) noexcept {
  const std::size_t end = line_ + message_size_;
  // The end is looked at as soon as it is there: a wrong size must not swallow what follows.
  if (bytes.size() > end && bytes[end] != '\r') return fail(NatsFault::bad_message_end);
  if (bytes.size() < needed_) return State::more;
  if (bytes[end + 1] != '\n') return fail(NatsFault::bad_message_end);
  frame_.subject = bytes.substr(subject_at_, subject_size_);
  frame_.reply = bytes.substr(reply_at_, reply_size_);
  frame_.header = bytes.substr(line_, header_size_);
  frame_.body = bytes.substr(line_ + header_size_, message_size_ - header_size_);
  if (header_size_ != 0 && !is_header_block(frame_.header)) return fail(NatsFault::bad_header);
  used_ = needed_;
  scanned_ = 0;
  line_ = 0;
  needed_ = 0;
  return State::frame;
}

NatsParser::State NatsParser::complete(NatsFrame::Kind kind, std::string_view body) noexcept {
  frame_ = {
      .kind = kind, .subject = {}, .reply = {}, .header = {}, .body = body, .subscription = 0};
  scanned_ = 0;
  return State::frame;
}

NatsParser::State NatsParser::fail(NatsFault fault) noexcept {
  fault_ = fault;
  return State::fault;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
//
// What the measured threads do: the endpoints of nats/wire.
#include <poll.h>

#include <cstring>
#include <ctime>
#include <utility>

#include <fmt/core.h>

#include "transport/nats/wire.hpp"

namespace busmark {
namespace {

constexpr std::size_t kWord = 7;  ///< Letters that hold any sequence number.

void write_word(char* target, std::uint64_t sequence) noexcept {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  static_assert(NatsHeader::kMostSequence == std::uint64_t{1} << kWord * 5);
  for (std::size_t i = 0; i < kWord; ++i) {
    target[i] = kLetters[sequence % kLetters.size()];
    sequence /= kLetters.size();
  }
}

char* append(char* at, std::string_view text) noexcept {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

// Where the reply subject of a received message stands, behind the place of its payload.
struct ReplyPlace {
  std::uint32_t back = 0;  ///< Bytes before the payload.
  std::uint32_t size = 0;
};
constexpr std::size_t kReplyAt = sizeof(const std::byte*);
static_assert(kReplyAt + sizeof(ReplyPlace) <= Message::kInlinePayload);

}  // namespace

NatsWireTransport::Publisher::Publisher(NatsWireTransport& transport, Endpoint& endpoint,
                                        std::uint32_t index, const std::string& inbox)
    : connection_(endpoint.connection.get()),
      endpoint_(&endpoint),
      header_(transport.options_.epoch, transport.options_.payload),
      body_(transport.options_.payload - header_.size(), transport.options_.seed + index),
      offset_(transport.subjects_.count() / transport.options_.producers * index),
      named_subjects_(!transport.options_.named_subjects.empty()) {
  const std::string size = fmt::format(" {}\r\n", header_.payload());
  if (!inbox.empty()) word_ = kWord + size.size();
  const std::string reply = inbox.empty() ? "" : " " + inbox + std::string(kWord, 'a');
  lines_.reserve(transport.subjects_.count());
  for (std::uint64_t i = 0; i < transport.subjects_.count(); ++i) {
    lines_.push_back("PUB " + transport.subjects_.at(i) + reply + size);
  }
}

std::size_t NatsWireTransport::Publisher::frame_size(const Message& message) const noexcept {
  return lines_[message.subject].size() + header_.payload() + kNatsLineEnd.size();
}

/// Bytes written; 0 when the buffer has no room, or no header room for such a number.
std::size_t NatsWireTransport::Publisher::encode(Message& message,
                                                 const PayloadPattern& payload) noexcept {
  if (lines_.size() != 1 && !named_subjects_) {
    message.subject = static_cast<std::uint32_t>((message.sequence + offset_) % lines_.size());
  }
  const std::size_t size = frame_size(message);
  if (connection_->room_size() < size || message.sequence >= NatsHeader::kMostSequence) return 0;
  const std::string& line = lines_[message.subject];
  char* at = append(connection_->room(), line);
  if (word_ != 0) write_word(at - word_, message.sequence);
  header_.write(at, message, message.checksum == 0 ? 0 : body_.checksum(message.sequence));
  at += header_.size();
  body_.write(reinterpret_cast<std::byte*>(at), message.sequence);
  break_payload({at, body_.size()}, payload);
  append(at + body_.size(), kNatsLineEnd);
  connection_->add(size);
  return size;
}

/// Who awaits answers comes back when it asks for them: until then it may have some unread.
bool NatsWireTransport::Publisher::is_connected() noexcept {
  if (!connection_->is_open() && (word_ != 0 || !connection_->reopen())) return false;
  if (reconnects_ != connection_->counters().reconnects) [[unlikely]] {
    reconnects_ = connection_->counters().reconnects;
    unfinished_ = full_ = false;
  }
  return true;
}

/// The line alone says how much is to come, and is as much as a server reads of it.
void NatsWireTransport::Publisher::send_oversize() noexcept {
  const std::string& line = lines_.front();
  const std::string_view subject = std::string_view(line).substr(0, line.find(' ', 4));
  char* const begin = connection_->room();
  char* const end = append(append(begin, subject), " 999999999\r\n");
  connection_->add(static_cast<std::size_t>(end - begin));
  connection_->flush();
}

void NatsWireTransport::Publisher::keep_alive() noexcept {
  if (word_ != 0) return;  // who awaits answers reads anyway
  while (connection_->receive()) {
    while (connection_->next() != nullptr) continue;
  }
}

/// Sends what is left of the message before; false when something is left still. Adds one to `done`
/// when that message is now complete.
bool NatsWireTransport::Publisher::finish_last(std::size_t& done) noexcept {
  constexpr std::uint32_t kCallsPerLook = 64;
  if (!is_connected()) return false;
  if (++calls_ % kCallsPerLook == 0) keep_alive();
  // Where the socket was full, a batch is not made ready again before there is room for much of it:
  // a kernel says "writable" when a third of its buffer is free.
  if (full_ && !connection_->is_writable()) return false;
  full_ = false;
  if (connection_->pending() != 0) connection_->flush();
  if (connection_->pending() != 0) return false;
  done += std::exchange(unfinished_, false) ? 1U : 0U;
  if (endpoint_->order.load(std::memory_order_relaxed) == Order::send_oversize) [[unlikely]] {
    endpoint_->order.store(Order::none, std::memory_order_relaxed);
    send_oversize();
  }
  return connection_->is_open();
}

std::size_t NatsWireTransport::Publisher::try_publish_bulk(Message* messages, std::size_t count,
                                                           const PayloadPattern& payload) noexcept {
  std::size_t done = 0;
  if (!finish_last(done) || done == count) return done;
  std::size_t encoded = done;
  std::size_t bytes = 0;
  while (encoded < count) {
    const std::size_t size = encode(messages[encoded], payload);
    if (size == 0) break;
    bytes += size;
    ++encoded;
  }
  const std::size_t taken = connection_->flush();
  if (taken == bytes) return encoded;
  full_ = true;
  std::size_t whole = 0;
  while (whole + frame_size(messages[done]) <= taken) whole += frame_size(messages[done++]);
  // Of the message that the kernel has a part of, the rest has to follow; the others are refused.
  unfinished_ = taken > whole;
  const std::size_t kept = unfinished_ ? whole + frame_size(messages[done]) : whole;
  connection_->take_back(bytes - kept);
  return done;
}

NatsWireTransport::Subscription::Subscription(NatsWireTransport& transport,
                                              Endpoint& endpoint) noexcept
    : connection_(endpoint.connection.get()),
      endpoint_(&endpoint),
      header_(transport.options_.epoch, transport.options_.payload) {}

bool NatsWireTransport::Subscription::is_ours(const NatsFrame& frame, Message& message) noexcept {
  // A server that has nobody to give a request to says so at once.
  if (frame.body.empty() && frame.header.starts_with("NATS/1.0 503")) {
    ++endpoint_->unanswered;
    return false;
  }
  if (!header_.read(frame.body, message) || frame.reply.empty() == answers_) {
    ++endpoint_->foreign;
    return false;
  }
  if (answers_) {
    const auto back =
        NatsHeader::rest(message) - reinterpret_cast<const std::byte*>(frame.reply.data());
    const ReplyPlace place{static_cast<std::uint32_t>(back),
                           static_cast<std::uint32_t>(frame.reply.size())};
    std::memcpy(message.inline_payload.data() + kReplyAt, &place, sizeof place);
  }
  return true;
}

std::size_t NatsWireTransport::Subscription::take(Message* messages, std::size_t count) noexcept {
  std::size_t got = 0;
  while (got < count) {
    const NatsFrame* const frame = connection_->next();
    if (frame == nullptr) break;
    got += is_ours(*frame, messages[got]) ? 1U : 0U;
  }
  held_ += got;
  return got;
}

/// Leaves or comes back as a responder.
void NatsWireTransport::Subscription::obey() noexcept {
  const Order order = endpoint_->order.load(std::memory_order_relaxed);
  if (order != Order::leave && order != Order::come_back) return;
  const std::string& text = order == Order::leave ? endpoint_->unsubscribe : endpoint_->subscribe;
  if (connection_->room_size() < text.size()) return;
  connection_->add(
      static_cast<std::size_t>(append(connection_->room(), text) - connection_->room()));
  connection_->flush();
  // Unless the next order is there already.
  Order done = order;
  endpoint_->order.compare_exchange_strong(done, Order::none, std::memory_order_relaxed);
}

std::size_t NatsWireTransport::Subscription::poll(Message* messages, std::size_t count) noexcept {
  const std::size_t got = take(messages, count);
  if (got != 0) return got;
  if (!connection_->is_open()) [[unlikely]] {
    return held_ == 0 && connection_->reopen() ? take(messages, count) : 0;
  }
  if (endpoint_->order.load(std::memory_order_relaxed) != Order::none) [[unlikely]]
    obey();
  if (connection_->pending() != 0) connection_->flush();
  return connection_->receive(held_ != 0) ? take(messages, count) : 0;
}

std::size_t NatsWireTransport::Subscription::poll_or_park(Message* messages, std::size_t count,
                                                          Nanoseconds timeout) noexcept {
  const std::size_t got = poll(messages, count);
  if (got != 0) return got;
  const auto whole = std::chrono::floor<std::chrono::seconds>(timeout);
  const timespec longest{.tv_sec = whole.count(), .tv_nsec = (timeout - whole).count()};
  // The socket of an ended connection would never let us sleep.
  pollfd entry{.fd = connection_->socket(), .events = POLLIN, .revents = 0};
  ppoll(&entry, connection_->is_open() ? 1 : 0, &longest, nullptr);
  return poll(messages, count);
}

NatsWireTransport::Relay::Relay(Subscription subscription, const std::string& target)
    : Subscription(subscription),
      subject_(target),
      line_end_(fmt::format(" {}\r\n", header_.payload())) {
  answers_ = target.empty();
}

bool NatsWireTransport::Relay::try_pass_on(Message& message) noexcept {
  const auto* const rest = reinterpret_cast<const char*>(NatsHeader::rest(message));
  std::string_view subject = subject_;
  if (answers_) {
    ReplyPlace place;
    std::memcpy(&place, message.inline_payload.data() + kReplyAt, sizeof place);
    subject = {rest - place.back, place.size};
  }
  const std::string_view bytes(rest - header_.size(), header_.payload());
  const std::size_t size =
      4 + subject.size() + line_end_.size() + bytes.size() + kNatsLineEnd.size();
  if (connection_->room_size() < size) connection_->flush();
  if (connection_->room_size() < size) return false;
  char* at = append(append(append(connection_->room(), "PUB "), subject), line_end_);
  append(append(at, bytes), kNatsLineEnd);
  connection_->add(size);
  release(message);
  if (held_ == 0) connection_->flush();
  return true;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "busmark/transport/nats/wire.hpp"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

#include <fmt/core.h>

#include "busmark/core/error.hpp"

namespace busmark {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
/// A batch of this size costs one system call; a larger one takes several.
constexpr std::size_t kSendBuffer = 256 * 1024;
constexpr std::size_t kReceiveBuffer = 1024 * 1024;

TransportOptions checked(const TransportOptions& options) {
  if (options.payload < NatsWireTransport::kMinPayload) {
    throw SetupError(fmt::format(
        "nats/wire needs a payload of at least {} bytes, whose first ones carry times and numbers "
        "of the message, and the scenario has {}; write payload = \"{}B\"",
        NatsWireTransport::kMinPayload, options.payload, NatsWireTransport::kMinPayload));
  }
  if (options.producers > kMostNatsProducers) {
    throw SetupError(fmt::format("nats/wire serves at most {} producers", kMostNatsProducers));
  }
  return options;
}

NatsLimits limits_of(const TransportOptions& options) {
  // Whoever sends more than we do is not one of us; a message with a header may come all the same.
  return {.header = 4096, .payload = options.payload + std::size_t{4096}};
}

}  // namespace

NatsWireTransport::NatsWireTransport(const TransportOptions& options)
    : options_(checked(options)),
      nats_(options.nats != nullptr ? *options.nats : NatsOptions{}),
      subjects_(options.subjects),
      server_(nats_),
      load_before_(server_.load()) {
  const std::uint64_t most = server_.info().max_payload;
  if (most != 0 && options.payload > most) {
    throw SetupError(fmt::format(
        "{} takes payloads of at most {} bytes and the scenario has {}; raise max_payload of the "
        "server",
        server_.describe(), most, options.payload));
  }
}

NatsWireTransport::Endpoint& NatsWireTransport::connect(std::string role) {
  auto endpoint = std::make_unique<Endpoint>();
  const std::string name = "busmark " + role;
  const NatsConnection::Options options{
      .name = name,
      .limits = limits_of(options_),
      .receive_buffer = std::max(kReceiveBuffer, std::size_t{options_.payload} * 4),
      .send_buffer = std::max(kSendBuffer, std::size_t{options_.payload} + 8192)};
  endpoint->connection =
      std::make_unique<NatsConnection>(server_.address(), options, deadline_in(nats_.timeout));
  endpoint->role = std::move(role);
  const std::scoped_lock lock(mutex_);
  return *endpoints_.emplace_back(std::move(endpoint));
}

NatsWireTransport::Publisher NatsWireTransport::publisher(std::uint32_t index) {
  Endpoint& endpoint = connect(fmt::format("producer {}", index));
  std::vector<std::string> lines;
  lines.reserve(subjects_.count());
  for (std::uint64_t i = 0; i < subjects_.count(); ++i) {
    lines.push_back(fmt::format("PUB {} {}\r\n", subjects_.at(i), options_.payload));
  }
  const std::uint64_t offset = subjects_.count() / options_.producers * index;
  return {*endpoint.connection, std::move(lines),
          PayloadPattern(options_.payload - kMinPayload, options_.seed + index), offset};
}

NatsWireTransport::Subscription NatsWireTransport::subscription(std::uint32_t index) {
  Endpoint& endpoint = connect(fmt::format("consumer {}", index));
  NatsConnection& connection = *endpoint.connection;
  std::vector<std::string> families = options_.subscriptions;
  if (families.empty()) families.push_back(subjects_.wildcard());
  const std::string group =
      options_.pattern == Pattern::queue_group ? options_.queue_group : std::string();
  std::uint64_t number = 0;
  for (const std::string& text : families) {
    const SubjectTemplate family(text);
    for (std::uint64_t i = 0; i < family.count(); ++i) {
      // The buffer need not hold all of them.
      if (connection.room_size() < 8192) connection.confirm(deadline_in(nats_.timeout));
      connection.subscribe(family.at(i), group, ++number);
    }
  }
  connection.confirm(deadline_in(nats_.timeout));
  return {connection, endpoint.foreign};
}

NatsReport NatsWireTransport::report() {
  NatsReport report;
  report.server = server_.describe();
  try {
    const std::optional<NatsLoad> after = server_.load();
    if (after && load_before_) report.load = after->since(*load_before_);
  } catch (const SetupError& error) {
    report.load_fault = error.what();
  }
  for (const auto& endpoint : endpoints_) {
    endpoint->connection->hear_last_words();
    report.endpoints.push_back({.role = endpoint->role,
                                .counters = endpoint->connection->counters(),
                                .foreign = endpoint->foreign,
                                .lame_duck = endpoint->connection->lame_duck(),
                                .ended = !endpoint->connection->is_open(),
                                .end = endpoint->connection->end_text()});
  }
  return report;
}

NatsWireTransport::Publisher::Publisher(NatsConnection& connection, std::vector<std::string> lines,
                                        PayloadPattern body, std::uint64_t offset) noexcept
    : connection_(&connection), lines_(std::move(lines)), body_(std::move(body)), offset_(offset) {}

std::size_t NatsWireTransport::Publisher::frame_size(const Message& message) const noexcept {
  return lines_[message.subject].size() + kNatsHeaderSize + body_.size() + kLineEnd.size();
}

/// Bytes written; 0 when the buffer has no room.
std::size_t NatsWireTransport::Publisher::encode(Message& message) noexcept {
  if (lines_.size() != 1) {
    message.subject = static_cast<std::uint32_t>((message.sequence + offset_) % lines_.size());
  }
  const std::size_t size = frame_size(message);
  if (connection_->room_size() < size) return 0;
  const std::string& line = lines_[message.subject];
  char* at = connection_->room();
  std::memcpy(at, line.data(), line.size());
  at += line.size();
  const std::uint32_t checksum = message.checksum == 0 ? 0 : body_.checksum(message.sequence);
  write_nats_header(at, message, checksum);
  at += kNatsHeaderSize;
  body_.write(reinterpret_cast<std::byte*>(at), message.sequence);
  at += body_.size();
  std::memcpy(at, kLineEnd.data(), kLineEnd.size());
  connection_->add(size);
  return size;
}

/// Sends what is left of the message before; false when something is left still. Adds one to `done`
/// when that message is now complete.
bool NatsWireTransport::Publisher::finish_last(std::size_t& done) noexcept {
  constexpr std::uint32_t kCallsPerLook = 64;
  // The server asks from time to time whether we live, and says why it is about to leave.
  if (++calls_ % kCallsPerLook == 0) {
    while (connection_->receive()) {
      while (connection_->next() != nullptr) continue;
    }
  }
  // Where the socket was full, a batch is not made ready again before there is room for much of it:
  // a kernel says "writable" when a third of its buffer is free.
  if (full_ && !connection_->is_writable()) return false;
  full_ = false;
  if (connection_->pending() != 0) connection_->flush();
  if (connection_->pending() != 0) return false;
  done += std::exchange(unfinished_, false) ? 1U : 0U;
  return connection_->is_open();
}

std::size_t NatsWireTransport::Publisher::try_publish_bulk(
    Message* messages, std::size_t count, const PayloadPattern& /*payload*/) noexcept {
  std::size_t done = 0;
  if (!finish_last(done) || done == count) return done;
  std::size_t encoded = done;
  std::size_t bytes = 0;
  while (encoded < count) {
    const std::size_t size = encode(messages[encoded]);
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

std::size_t NatsWireTransport::Subscription::take(Message* messages, std::size_t count) noexcept {
  std::size_t got = 0;
  while (got < count) {
    const NatsFrame* const frame = connection_->next();
    if (frame == nullptr) break;
    if (read_nats_message(frame->body, messages[got])) {
      ++got;
    } else {
      ++*foreign_;
    }
  }
  held_ += got;
  return got;
}

std::size_t NatsWireTransport::Subscription::poll(Message* messages, std::size_t count) noexcept {
  const std::size_t got = take(messages, count);
  if (got != 0) return got;
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

}  // namespace busmark

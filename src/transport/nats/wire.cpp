// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/wire.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "transport/nats/carried.hpp"

namespace busmark {
namespace {

/// A batch of this size costs one system call; a larger one takes several.
constexpr std::size_t kSendBuffer = 256 * 1024;
constexpr std::size_t kReceiveBuffer = 1024 * 1024;

NatsLimits limits_of(const TransportOptions& options) {
  // Whoever sends more than we do is not one of us; a message with a header may come all the same.
  return {.header = 4096, .payload = options.payload + std::size_t{4096}};
}

NatsOptions prepared(NatsOptions options, FaultKind fault) {
  options.fault = fault;
  return options;
}

std::string random_word() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::random_device source;
  std::string word;
  for (int i = 0; i < 12; ++i) word += kLetters[source() % kLetters.size()];
  return word;
}

}  // namespace

NatsWireTransport::NatsWireTransport(const TransportOptions& options)
    : options_(carried_by_nats(kInfo, options)),
      nats_(options.nats != nullptr ? *options.nats : NatsOptions{}),
      server_(prepared(nats_, options.fault)),
      run_(random_word()),
      prefix_(server_.origin() == NatsServer::Origin::own ? "" : run_ + "."),
      subjects_(options.all_subjects(), prefix_),
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
      .send_buffer = std::max(kSendBuffer, std::size_t{options_.payload} + 8192),
      .reconnect = options_.fault != FaultKind::none};
  endpoint->connection =
      std::make_unique<NatsConnection>(server_.address(), options, deadline_in(nats_.timeout));
  endpoint->role = std::move(role);
  const std::scoped_lock lock(mutex_);
  return *endpoints_.emplace_back(std::move(endpoint));
}

std::string NatsWireTransport::stage(std::uint32_t index) const {
  return fmt::format("{}_STAGE.{}", prefix_, index);
}

NatsWireTransport::Publisher NatsWireTransport::publisher(std::uint32_t index) {
  return {*this, connect(fmt::format("producer {}", index)), index, ""};
}

NatsWireTransport::Subscription NatsWireTransport::subscribe(std::uint32_t index) {
  Endpoint& endpoint = connect(fmt::format("consumer {}", index));
  NatsConnection& connection = *endpoint.connection;
  std::vector<std::string> families;
  for (const std::string& text : options_.subscriptions) families.push_back(prefix_ + text);
  if (families.empty()) families = subjects_.wildcards();
  if (options_.pattern == Pattern::pipeline && index != 0) families = {stage(index)};
  const bool group = options_.pattern == Pattern::queue_group ||
                     options_.pattern == Pattern::request_reply;  // one responder answers
  std::uint64_t number = 0;
  for (const std::string& text : families) {
    const SubjectTemplate family(text);
    for (std::uint64_t i = 0; i < family.count(); ++i) {
      // The buffer need not hold all of them.
      if (connection.room_size() < 8192) connection.confirm(deadline_in(nats_.timeout));
      const std::string queue_group = group ? options_.queue_group : "";
      connection.subscribe(family.at(i), queue_group, ++number);
      if (options_.fault != FaultKind::no_responders) continue;
      endpoint.unsubscribe += fmt::format("UNSUB {}\r\n", number);
      endpoint.subscribe += fmt::format("SUB {} {} {}\r\n", family.at(i), queue_group, number);
    }
  }
  connection.confirm(deadline_in(nats_.timeout));
  return {*this, endpoint};
}

NatsWireTransport::Subscription NatsWireTransport::subscription(std::uint32_t index) {
  return subscribe(index);
}

NatsWireTransport::Relay NatsWireTransport::relay(std::uint32_t index) {
  const bool answers = options_.pattern == Pattern::request_reply;
  return {subscribe(index), answers ? "" : stage(index + 1)};
}

NatsWireTransport::Requester NatsWireTransport::requester(std::uint32_t index) {
  // One inbox for all answers, as the official clients have it: its last word is the request's.
  const std::string inbox = fmt::format("_INBOX.{}.{}.", run_, index);
  Endpoint& endpoint = connect(fmt::format("producer {}", index));
  endpoint.connection->subscribe(inbox + "*", "", 1);
  endpoint.connection->confirm(deadline_in(nats_.timeout));
  return {Publisher(*this, endpoint, index, inbox), Subscription(*this, endpoint)};
}

void NatsWireTransport::order(Order order, std::string_view role) noexcept {
  const std::scoped_lock lock(mutex_);
  for (const auto& endpoint : endpoints_) {
    if (endpoint->role.starts_with(role)) endpoint->order.store(order, std::memory_order_relaxed);
  }
}

void NatsWireTransport::begin_fault(FaultKind kind) noexcept {
  if (is_done_to_server(kind)) server_.begin_fault(kind);
  if (kind == FaultKind::oversize) order(Order::send_oversize, "producer 0");
  if (kind == FaultKind::no_responders) order(Order::leave, "consumer ");
}

void NatsWireTransport::end_fault(FaultKind kind) noexcept {
  if (is_done_to_server(kind)) server_.end_fault(kind);
  if (kind == FaultKind::no_responders) order(Order::come_back, "consumer ");
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
                                .unanswered = endpoint->unanswered,
                                .lame_duck = endpoint->connection->lame_duck(),
                                .ended = !endpoint->connection->is_open(),
                                .end = endpoint->connection->end_text(),
                                .earlier_ends = endpoint->connection->earlier_ends()});
  }
  report.log = server_.said();
  return report;
}

}  // namespace busmark

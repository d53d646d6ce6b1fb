// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/library/client.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/error.hpp"
#include "busmark/bus/subject_list.hpp"

#include "transport/nats/carried.hpp"
#include "transport/nats/library/library.hpp"

namespace busmark {

struct NatsClientTransport::Endpoint {
  Endpoint(const NatsServer& server, const NatsOptions& nats, const TransportOptions& options,
           const std::string& role)
      : connection(server, nats, role), header(options.epoch, options.payload) {}

  LibraryConnection connection;
  NatsHeader header;
  EventCount arrivals;
  std::vector<std::unique_ptr<LibraryInbox>> inboxes;  ///< They go before the connection.
  std::uint64_t foreign = 0;
  std::uint64_t refusals = 0;
  natsStatus refused_for = NATS_OK;  ///< The last one.

  // Of a producer.
  std::vector<std::string> subjects;
  std::uint64_t offset = 0;
  bool in_turn = false;  ///< Subjects are; otherwise messages name theirs.
  std::string reply;     ///< Where answers go; empty: nobody answers.
  std::vector<char> buffer;
  std::optional<PayloadPattern> body;  ///< What stands behind the header.

  std::string next_stage;  ///< Of a stage of a pipeline but the last.

  std::size_t take(Message* messages, std::size_t count) noexcept;
  bool publish(const char* subject, const char* answer, const void* data, int size) noexcept;
};

struct NatsClientTransport::State {
  explicit State(const TransportOptions& wanted)
      : options(wanted),
        nats(wanted.nats != nullptr ? *wanted.nats : NatsOptions{}),
        server(nats, NatsServer::Hello::of_a_library),
        word(library_word(nats.client.thread_cpus)),
        prefix(server.origin() == NatsServer::Origin::own ? "" : word + "."),
        subjects(wanted.all_subjects(), prefix),
        threads(nats.client.thread_cpus) {}

  [[nodiscard]] std::string stage(std::uint32_t index) const {
    return fmt::format("{}_STAGE.{}", prefix, index);
  }
  void make_consumer(std::uint32_t index);
  void make_producer(std::uint32_t index);
  void subscribe(Endpoint& endpoint, const std::string& pattern, const std::string& group);

  TransportOptions options;
  NatsOptions nats;
  NatsServer server;
  std::string word;    ///< No other run has it.
  std::string prefix;  ///< Of all subjects; empty on a server of our own.
  SubjectList subjects;
  LibraryThreads threads;
  std::optional<NatsLoad> load_before;
  std::vector<std::unique_ptr<Endpoint>> consumers;
  std::vector<std::unique_ptr<Endpoint>> producers;
};

namespace {

/// Each asynchronous subscription has a thread.
constexpr std::size_t kMostInboxes = 256;

}  // namespace

void NatsClientTransport::State::subscribe(Endpoint& endpoint, const std::string& pattern,
                                           const std::string& group) {
  if (endpoint.inboxes.size() == kMostInboxes) {
    throw SetupError(
        fmt::format("nats/client takes at most {} patterns for each consumer; use "
                    "wildcards in subscriptions",
                    kMostInboxes));
  }
  auto inbox = std::make_unique<LibraryInbox>(nats.client.delivery, options.capacity,
                                              options.parking ? &endpoint.arrivals : nullptr);
  natsConnection* const connection = endpoint.connection.get();
  natsSubscription* made = nullptr;
  natsStatus status = NATS_OK;
  if (nats.client.delivery == NatsDelivery::sync) {
    status = group.empty() ? natsConnection_SubscribeSync(&made, connection, pattern.c_str())
                           : natsConnection_QueueSubscribeSync(&made, connection, pattern.c_str(),
                                                               group.c_str());
  } else {
    status = group.empty()
                 ? natsConnection_Subscribe(&made, connection, pattern.c_str(), inbox->callback(),
                                            inbox.get())
                 : natsConnection_QueueSubscribe(&made, connection, pattern.c_str(), group.c_str(),
                                                 inbox->callback(), inbox.get());
  }
  check_library(status, "libnats cannot subscribe to " + pattern);
  inbox->adopt(made, nats.client);
  endpoint.inboxes.push_back(std::move(inbox));
}

void NatsClientTransport::State::make_consumer(std::uint32_t index) {
  auto& endpoint = *consumers.emplace_back(
      std::make_unique<Endpoint>(server, nats, options, fmt::format("consumer {}", index)));
  if (options.pattern == Pattern::pipeline && index + 1 < options.consumers) {
    endpoint.next_stage = stage(index + 1);
  }
  if (options.pattern == Pattern::pipeline && index != 0) {
    subscribe(endpoint, stage(index), "");
  } else {
    const bool shared =
        options.pattern == Pattern::queue_group || options.pattern == Pattern::request_reply;
    const std::string group = shared ? options.queue_group : std::string();
    std::vector<std::string> families;
    for (const std::string& text : options.subscriptions) families.push_back(prefix + text);
    if (families.empty()) families = subjects.wildcards();
    for (const std::string& text : families) {
      const SubjectTemplate family(text);
      for (std::uint64_t i = 0; i < family.count(); ++i) subscribe(endpoint, family.at(i), group);
    }
  }
  endpoint.connection.confirm(nats.timeout);
}

void NatsClientTransport::State::make_producer(std::uint32_t index) {
  auto& endpoint = *producers.emplace_back(
      std::make_unique<Endpoint>(server, nats, options, fmt::format("producer {}", index)));
  for (std::uint64_t i = 0; i < subjects.count(); ++i) {
    endpoint.subjects.push_back(subjects.at(i));
  }
  endpoint.offset = subjects.count() / options.producers * index;
  endpoint.in_turn = subjects.count() != 1 && options.named_subjects.empty();
  endpoint.buffer.resize(options.payload);
  endpoint.body.emplace(options.payload - endpoint.header.size(), options.seed + index);
  if (options.pattern == Pattern::request_reply) {
    endpoint.reply = fmt::format("_INBOX.{}.{}", word, index);
    subscribe(endpoint, endpoint.reply, "");
  }
  endpoint.connection.confirm(nats.timeout);
}

std::string NatsClientTransport::why_unavailable(const NatsOptions& options) {
  return why_no_nats_server(options);
}

NatsClientTransport::NatsClientTransport(const TransportOptions& options)
    : state_(std::make_unique<State>(carried_by_nats(kInfo, options))) {
  State& state = *state_;
  const std::uint64_t most = state.server.info().max_payload;
  if (most != 0 && options.payload > most) {
    throw SetupError(fmt::format(
        "{} takes payloads of at most {} bytes and the scenario has {}; raise max_payload of the "
        "server",
        state.server.describe(), most, options.payload));
  }
  for (std::uint32_t i = 0; i < options.consumers; ++i) {
    state.threads.watch(fmt::format("nats-c{}", i), [&] { state.make_consumer(i); });
  }
  for (std::uint32_t i = 0; i < options.producers; ++i) {
    state.threads.watch(fmt::format("nats-p{}", i), [&] { state.make_producer(i); });
  }
  state.load_before = state.server.load();
}

NatsClientTransport::~NatsClientTransport() = default;

void NatsClientTransport::begin_fault(FaultKind kind) noexcept { state_->server.begin_fault(kind); }
void NatsClientTransport::end_fault(FaultKind kind) noexcept { state_->server.end_fault(kind); }

const NatsServer& NatsClientTransport::server() const noexcept { return state_->server; }

NatsClientTransport::Publisher NatsClientTransport::publisher(std::uint32_t index) {
  return Publisher(*state_->producers.at(index));
}
NatsClientTransport::Subscription NatsClientTransport::subscription(std::uint32_t index) {
  return Subscription(*state_->consumers.at(index));
}
NatsClientTransport::Relay NatsClientTransport::relay(std::uint32_t index) {
  return Relay(*state_->consumers.at(index));
}
NatsClientTransport::Requester NatsClientTransport::requester(std::uint32_t index) {
  return Requester(*state_->producers.at(index));
}

NatsReport NatsClientTransport::report() {
  State& state = *state_;
  NatsReport report =
      library_report(state.server, state.load_before, state.nats.client, state.threads);
  for (const auto* endpoints : {&state.producers, &state.consumers}) {
    for (const auto& endpoint : *endpoints) {
      NatsLibraryConnection one = endpoint->connection.report();
      for (const auto& inbox : endpoint->inboxes) one.slow_consumer_drops += inbox->dropped();
      one.refusals = endpoint->refusals;
      tell_refusal(endpoint->refused_for, one);
      one.foreign = endpoint->foreign;
      report.library->connections.push_back(std::move(one));
    }
  }
  return report;
}

bool NatsClientTransport::Endpoint::publish(const char* subject, const char* answer,
                                            const void* data, int size) noexcept {
  const natsStatus status =
      answer == nullptr
          ? natsConnection_Publish(connection.get(), subject, data, size)
          : natsConnection_PublishRequest(connection.get(), subject, answer, data, size);
  if (status == NATS_OK) [[likely]] {
    return true;
  }
  ++refusals;
  refused_for = status;
  return false;
}

std::size_t NatsClientTransport::Endpoint::take(Message* messages, std::size_t count) noexcept {
  constexpr std::size_t kAtOnce = 64;
  std::array<natsMsg*, kAtOnce> taken;
  std::size_t got = 0;
  for (const auto& inbox : inboxes) {
    const std::size_t here = inbox->take(taken.data(), std::min(count - got, kAtOnce));
    for (std::size_t i = 0; i < here; ++i) {
      const auto size = static_cast<std::size_t>(natsMsg_GetDataLength(taken[i]));
      if (header.read({natsMsg_GetData(taken[i]), size}, messages[got])) {
        keep_library_message(messages[got++], taken[i]);
      } else {
        natsMsg_Destroy(taken[i]);
        ++foreign;
      }
    }
    if (got == count) break;
  }
  return got;
}

std::size_t NatsClientTransport::Publisher::try_publish_bulk(
    Message* messages, std::size_t count, const PayloadPattern& payload) noexcept {
  Endpoint& endpoint = *endpoint_;
  const char* const reply = endpoint.reply.empty() ? nullptr : endpoint.reply.c_str();
  char* const at = endpoint.buffer.data();
  const int size = static_cast<int>(endpoint.buffer.size());
  std::size_t done = 0;
  for (; done < count; ++done) {
    Message& message = messages[done];
    if (endpoint.in_turn) {
      const std::size_t subjects = endpoint.subjects.size();
      message.subject = static_cast<std::uint32_t>((message.sequence + endpoint.offset) % subjects);
    }
    const std::uint32_t checksum =
        message.checksum == 0 ? 0 : endpoint.body->checksum(message.sequence);
    endpoint.header.write(at, message, checksum);
    endpoint.body->write(reinterpret_cast<std::byte*>(at + endpoint.header.size()),
                         message.sequence);
    break_payload({at, endpoint.buffer.size()}, payload);
    if (!endpoint.publish(endpoint.subjects[message.subject].c_str(), reply, at, size)) break;
  }
  return done;
}

std::size_t NatsClientTransport::Subscription::poll(Message* messages, std::size_t count) noexcept {
  return endpoint_->take(messages, count);
}

std::size_t NatsClientTransport::Subscription::poll_or_park(Message* messages, std::size_t count,
                                                            Nanoseconds timeout) noexcept {
  Endpoint& endpoint = *endpoint_;
  if (!endpoint.inboxes.front()->callback()) {
    const std::size_t got = endpoint.take(messages, count);
    if (got != 0) return got;
    // The library waits for one subscription at a time and no shorter than a millisecond.
    if (endpoint.inboxes.size() != 1) {
      const timespec moment{.tv_sec = 0, .tv_nsec = 50'000};
      nanosleep(&moment, nullptr);
      return endpoint.take(messages, count);
    }
    natsMsg* const from = endpoint.inboxes.front()->wait(timeout);
    if (from == nullptr) return 0;
    const auto size = static_cast<std::size_t>(natsMsg_GetDataLength(from));
    if (endpoint.header.read({natsMsg_GetData(from), size}, *messages)) {
      keep_library_message(*messages, from);
      return 1;
    }
    natsMsg_Destroy(from);
    ++endpoint.foreign;
    return 0;
  }
  return endpoint.arrivals.look_or_wait([&] { return endpoint.take(messages, count); }, timeout);
}

void NatsClientTransport::Subscription::release(const Message& message) noexcept {
  natsMsg_Destroy(library_message(message));
}

std::uint64_t NatsClientTransport::Subscription::dropped() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& inbox : endpoint_->inboxes) sum += inbox->dropped();
  return sum;
}

bool NatsClientTransport::Relay::try_pass_on(Message& message) noexcept {
  natsMsg* const from = library_message(message);
  const char* const subject =
      endpoint_->next_stage.empty() ? natsMsg_GetReply(from) : endpoint_->next_stage.c_str();
  if (subject == nullptr ||
      !endpoint_->publish(subject, nullptr, natsMsg_GetData(from), natsMsg_GetDataLength(from))) {
    return false;
  }
  natsMsg_Destroy(from);
  return true;
}

}  // namespace busmark

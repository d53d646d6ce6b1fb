// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/library/jetstream.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/core.h>

#include "busmark/base/error.hpp"
#include "busmark/bus/subject_template.hpp"

#include "transport/nats/library/jetstream_endpoint.hpp"

namespace busmark {
namespace {

NatsOptions with_jetstream(const NatsOptions* given) {
  NatsOptions options = given != nullptr ? *given : NatsOptions{};
  options.jetstream.wanted = true;
  return options;
}

void check_stream(natsStatus status, jsErrCode code, const std::string& what) {
  if (status == NATS_OK) return;
  throw SetupError(fmt::format("{}: {}{}", what, library_error(status),
                               code == 0 ? "" : fmt::format(", JetStream error {}", int{code})));
}

}  // namespace

struct JetStream::State {
  State(const TransportOptions& wanted, Kind wanted_kind)
      : options(wanted),
        kind(wanted_kind),
        nats(with_jetstream(wanted.nats)),
        server(nats, NatsServer::Hello::of_a_library),
        word(library_word(nats.client.thread_cpus)),
        stream("busmark-" + word),
        prefix(server.origin() == NatsServer::Origin::own ? "" : word + "."),
        subjects(prefix + wanted.subjects),
        threads(nats.client.thread_cpus) {}

  void make_stream();
  void delete_stream() noexcept;
  void make_producer(std::uint32_t index);
  void prime(Endpoint& producer);
  void make_consumer(std::uint32_t index);
  void subscribe(Endpoint& consumer, std::uint32_t index);
  [[nodiscard]] std::string describe() const;

  TransportOptions options;
  Kind kind;
  NatsOptions nats;
  NatsServer server;
  std::string word;    ///< No other run has it.
  std::string stream;  ///< Its name.
  std::string prefix;  ///< Of all subjects; empty on a server of our own.
  SubjectTemplate subjects;
  LibraryThreads threads;
  std::optional<NatsLoad> load_before;
  std::unique_ptr<Endpoint> maker;  ///< Makes and deletes the stream.
  std::vector<std::unique_ptr<Endpoint>> producers;
  std::vector<std::unique_ptr<Endpoint>> consumers;  ///< They look into the producers' rings.
};

void JetStream::State::make_stream() {
  if (!server.info().jetstream) {
    throw SetupError(server.describe() + " has no JetStream; start it with `nats-server -js`");
  }
  maker = std::make_unique<Endpoint>(server, nats, options, "stream");
  const std::string all = subjects.wildcard();
  const char* subject = all.c_str();
  jsStreamConfig config;
  check_library(jsStreamConfig_Init(&config), "libnats");
  config.Name = stream.c_str();
  config.Subjects = &subject;
  config.SubjectsLen = 1;
  config.Storage =
      nats.jetstream.storage == JetStreamStorage::file ? js_FileStorage : js_MemoryStorage;
  config.Replicas = nats.jetstream.replicas;
  jsErrCode code{};
  const natsStatus status = js_AddStream(nullptr, maker->context, &config, nullptr, &code);
  check_stream(status, code,
               fmt::format("{} makes no stream with {}", server.describe(), describe()));
}

void JetStream::State::delete_stream() noexcept {
  if (maker == nullptr || server.origin() == NatsServer::Origin::own) return;
  js_DeleteStream(maker->context, stream.c_str(), nullptr, nullptr);
}

void JetStream::State::make_producer(std::uint32_t index) {
  auto& endpoint = *producers.emplace_back(
      std::make_unique<Endpoint>(server, nats, options, fmt::format("producer {}", index)));
  for (std::uint64_t i = 0; i < subjects.count(); ++i) {
    endpoint.subjects.push_back(subjects.at(i));
  }
  endpoint.offset = subjects.count() / options.producers * index;
  endpoint.buffer.resize(options.payload);
  endpoint.body.emplace(options.payload - endpoint.header.size(), options.seed + index);
  endpoint.waits_for_ack = kind == Kind::publish && nats.jetstream.ack == JetStreamAck::sync;
  prime(endpoint);
  if (kind == Kind::consume) return;
  endpoint.acked = std::make_unique<AckedRing>(std::max<std::size_t>(options.capacity, 16));
  endpoint.gate.target = endpoint.acked.get();
}

/// The library starts a thread at the first message: now, or it would share the core of a pinned
/// producer. The message is purged with the others before any consumer comes.
void JetStream::State::prime(Endpoint& producer) {
  const char* const subject = producer.subjects.front().c_str();
  const int size = static_cast<int>(producer.buffer.size());
  jsErrCode code{};
  natsStatus status = NATS_OK;
  if (producer.waits_for_ack) {
    status = js_Publish(nullptr, producer.context, subject, producer.buffer.data(), size, nullptr,
                        &code);
  } else {
    status = js_PublishAsync(producer.context, subject, producer.buffer.data(), size, nullptr);
    jsPubOptions longest;
    jsPubOptions_Init(&longest);
    longest.MaxWait = producer.wait;
    if (status == NATS_OK) status = js_PublishAsyncComplete(producer.context, &longest);
  }
  check_stream(status, code, server.describe() + " does not take a message into the stream");
}

void JetStream::State::make_consumer(std::uint32_t index) {
  auto& endpoint = *consumers.emplace_back(
      std::make_unique<Endpoint>(server, nats, options, fmt::format("consumer {}", index)));
  for (const auto& producer : producers) {
    if (index == 0) endpoint.gates.push_back(&producer->gate);
    if (kind == Kind::consume) continue;
    if (options.parking) producer->acked->arrivals = &endpoint.arrivals;
    endpoint.awaited.push_back(producer->acked.get());
  }
  if (kind == Kind::consume) subscribe(endpoint, index);
  endpoint.connection.confirm(nats.timeout);
}

void JetStream::State::subscribe(Endpoint& consumer, std::uint32_t index) {
  std::string pattern = subjects.wildcard();
  if (!options.subscriptions.empty()) {
    const SubjectTemplate family(prefix + options.subscriptions.front());
    if (options.subscriptions.size() != 1 || family.count() != 1) {
      throw SetupError("js/consume takes one pattern in subscriptions; use wildcards");
    }
    pattern = family.at(0);
  }
  const bool group = options.pattern == Pattern::queue_group;
  jsSubOptions wanted;
  check_library(jsSubOptions_Init(&wanted), "libnats");
  wanted.Stream = stream.c_str();
  wanted.Config.AckPolicy = js_AckExplicit;
  jsErrCode code{};
  natsStatus status = NATS_OK;
  natsSubscription* made = nullptr;
  if (nats.jetstream.consume == JetStreamConsume::pull) {
    const std::string durable = group ? "shared" : fmt::format("consumer-{}", index);
    status = js_PullSubscribe(&consumer.pull, consumer.context, pattern.c_str(), durable.c_str(),
                              nullptr, &wanted, &code);
  } else {
    wanted.ManualAck = true;
    if (group) wanted.Queue = "shared";
    auto inbox = std::make_unique<LibraryInbox>(nats.client.delivery, options.capacity,
                                                options.parking ? &consumer.arrivals : nullptr);
    status =
        inbox->callback() != nullptr
            ? js_Subscribe(&made, consumer.context, pattern.c_str(), inbox->callback(), inbox.get(),
                           nullptr, &wanted, &code)
            : js_SubscribeSync(&made, consumer.context, pattern.c_str(), nullptr, &wanted, &code);
    if (status == NATS_OK) {
      inbox->adopt(made, nats.client);
      consumer.inboxes.push_back(std::move(inbox));
    }
  }
  check_stream(status, code, "libnats cannot consume from the stream");
}

std::string JetStream::State::describe() const {
  const JetStreamOptions& js = nats.jetstream;
  std::string text = fmt::format("{} storage, {} replica{}", to_string(js.storage), js.replicas,
                                 js.replicas == 1 ? "" : "s");
  if (js.storage == JetStreamStorage::file) {
    // nats-server writes at once and syncs every two minutes unless it is told `sync: always`.
    text += server.origin() == NatsServer::Origin::own
                ? ", ack before fsync"
                : ", ack before fsync unless it syncs always";
  }
  if (kind == Kind::consume) return fmt::format("{}, {} consumer", text, to_string(js.consume));
  if (js.ack == JetStreamAck::sync) return text + ", each ack awaited";
  return fmt::format("{}, at most {} acks missing", text, js.max_acks);
}

std::string JetStream::why_unavailable(const NatsOptions& options) {
  return why_no_nats_server(options);
}

JetStream::JetStream(const TransportOptions& options, Kind kind)
    : state_(std::make_unique<State>(options, kind)) {
  State& state = *state_;
  state.threads.watch("nats-js", [&] { state.make_stream(); });
  for (std::uint32_t i = 0; i < options.producers; ++i) {
    state.threads.watch(fmt::format("nats-p{}", i), [&] { state.make_producer(i); });
  }
  jsErrCode code{};
  const natsStatus purged =
      js_PurgeStream(state.maker->context, state.stream.c_str(), nullptr, &code);
  check_stream(purged, code, "cannot purge the stream");
  for (std::uint32_t i = 0; i < options.consumers; ++i) {
    state.threads.watch(fmt::format("nats-c{}", i), [&] { state.make_consumer(i); });
  }
  state.load_before = state.server.load();
}

JetStream::~JetStream() {
  state_->consumers.clear();
  state_->producers.clear();
  state_->delete_stream();
}

const NatsServer& JetStream::server() const noexcept { return state_->server; }

JetStream::Publisher JetStream::publisher(std::uint32_t index) {
  return Publisher(*state_->producers.at(index));
}
JetStream::Subscription JetStream::subscription(std::uint32_t index) {
  return Subscription(*state_->consumers.at(index));
}

NatsReport JetStream::report() {
  State& state = *state_;
  NatsReport report =
      library_report(state.server, state.load_before, state.nats.client, state.threads);
  report.library->stream = state.describe();
  for (const auto* endpoints : {&state.producers, &state.consumers}) {
    for (const auto& endpoint : *endpoints) {
      NatsLibraryConnection one = endpoint->connection.report();
      for (const auto& inbox : endpoint->inboxes) one.slow_consumer_drops += inbox->dropped();
      one.refusals = endpoint->refusals + endpoint->gate.refused.load(std::memory_order_relaxed);
      tell_refusal(endpoint->refused_for, one);
      one.foreign = endpoint->foreign;
      report.library->connections.push_back(std::move(one));
    }
  }
  return report;
}

}  // namespace busmark

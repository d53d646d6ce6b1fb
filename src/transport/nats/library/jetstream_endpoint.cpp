// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/library/jetstream_endpoint.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

namespace busmark {
namespace {

AckGate& new_gate() {
  static std::mutex mutex;
  static std::deque<AckGate> all;
  const std::scoped_lock lock(mutex);
  return all.emplace_back();
}

void on_ack(jsCtx* /*context*/, natsMsg* message, jsPubAck* ack, jsPubAckErr* /*error*/,
            void* closure) {
  auto& gate = *static_cast<AckGate*>(closure);
  if (ack == nullptr) gate.refused.fetch_add(1, std::memory_order_relaxed);
  const std::scoped_lock lock(gate.mutex);
  if (ack == nullptr || gate.target == nullptr) return natsMsg_Destroy(message);
  gate.target->push(message);
}

constexpr std::size_t kAtOnce = 64;

}  // namespace

JetStream::Endpoint::Endpoint(const NatsServer& server, const NatsOptions& nats,
                              const TransportOptions& options, const std::string& role)
    : connection(server, nats, role),
      header(options.epoch, options.payload),
      gate(new_gate()),
      wait(library_milliseconds(nats.timeout)) {
  jsOptions wanted;
  jsOptions_Init(&wanted);
  wanted.Wait = wait;
  wanted.PublishAsync.MaxPending = nats.jetstream.max_acks;
  wanted.PublishAsync.AckHandler = &on_ack;
  wanted.PublishAsync.AckHandlerClosure = &gate;
  check_library(natsConnection_JetStream(&context, connection.get(), &wanted), "libnats");
}

JetStream::Endpoint::~Endpoint() {
  if (acked != nullptr) acked->stopping.store(true, std::memory_order_relaxed);
  {
    const std::scoped_lock lock(gate.mutex);
    gate.target = nullptr;
  }
  inboxes.clear();
  natsSubscription_Destroy(pull);
  jsCtx_Destroy(context);
}

/// Takes the message over in any case.
bool JetStream::Endpoint::publish(natsMsg* message) noexcept {
  natsStatus status = NATS_OK;
  if (waits_for_ack) {
    status = js_PublishMsg(nullptr, context, message, nullptr, nullptr);
    if (status == NATS_OK) {
      acked->push(message);
      return true;
    }
  } else {
    status = js_PublishMsgAsync(context, &message, nullptr);
    if (status == NATS_OK) return true;
  }
  natsMsg_Destroy(message);
  ++refusals;
  refused_for = status;
  return false;
}

std::size_t JetStream::Publisher::try_publish_bulk(Message* messages, std::size_t count,
                                                   const PayloadPattern& payload) noexcept {
  Endpoint& endpoint = *endpoint_;
  char* const at = endpoint.buffer.data();
  std::size_t done = 0;
  for (; done < count; ++done) {
    Message& message = messages[done];
    const std::size_t subjects = endpoint.subjects.size();
    if (subjects != 1) {
      message.subject = static_cast<std::uint32_t>((message.sequence + endpoint.offset) % subjects);
    }
    const std::uint32_t checksum =
        message.checksum == 0 ? 0 : endpoint.body->checksum(message.sequence);
    endpoint.header.write(at, message, checksum);
    endpoint.body->write(reinterpret_cast<std::byte*>(at + endpoint.header.size()),
                         message.sequence);
    break_payload({at, endpoint.buffer.size()}, payload);
    natsMsg* made = nullptr;
    if (natsMsg_Create(&made, endpoint.subjects[message.subject].c_str(), nullptr, at,
                       static_cast<int>(endpoint.buffer.size())) != NATS_OK) {
      break;
    }
    if (!endpoint.publish(made)) break;
  }
  return done;
}

std::size_t JetStream::Endpoint::take(natsMsg** messages, std::size_t count) noexcept {
  if (pull != nullptr) {
    // The library waits; a shorter wait would ask the server all the time, a longer one would be
    // noticed at the end of a run.
    constexpr std::int64_t kLongestFetch = 100;
    natsMsgList list{};
    natsSubscription_Fetch(&list, pull, static_cast<int>(count), kLongestFetch, nullptr);
    const auto got = static_cast<std::size_t>(list.Count);
    for (std::size_t i = 0; i < got; ++i) messages[i] = std::exchange(list.Msgs[i], nullptr);
    natsMsgList_Destroy(&list);
    return got;
  }
  std::size_t got = 0;
  for (AckedRing* ring : awaited) got += ring->consumer.try_pop_bulk(messages + got, count - got);
  for (const auto& inbox : inboxes) got += inbox->take(messages + got, count - got);
  return got;
}

std::size_t JetStream::Endpoint::take_decoded(Message* messages, std::size_t count) noexcept {
  std::array<natsMsg*, kAtOnce> taken;
  const std::size_t here = take(taken.data(), std::min(count, kAtOnce));
  std::size_t got = 0;
  for (std::size_t i = 0; i < here; ++i) {
    const auto size = static_cast<std::size_t>(natsMsg_GetDataLength(taken[i]));
    if (header.read({natsMsg_GetData(taken[i]), size}, messages[got])) {
      keep_library_message(messages[got++], taken[i]);
    } else {
      natsMsg_Destroy(taken[i]);
      ++foreign;
    }
  }
  return got;
}

std::size_t JetStream::Subscription::poll(Message* messages, std::size_t count) noexcept {
  return endpoint_->take_decoded(messages, count);
}

std::size_t JetStream::Subscription::poll_or_park(Message* messages, std::size_t count,
                                                  Nanoseconds timeout) noexcept {
  Endpoint& endpoint = *endpoint_;
  if (endpoint.pull != nullptr) return endpoint.take_decoded(messages, count);
  // Nobody notifies of what comes by JetStreamConsume::push and NatsDelivery::sync.
  constexpr Nanoseconds kLook = std::chrono::microseconds(50);
  const bool silent = !endpoint.inboxes.empty() && !endpoint.inboxes.front()->callback();
  return endpoint.arrivals.look_or_wait([&] { return endpoint.take_decoded(messages, count); },
                                        silent ? std::min(timeout, kLook) : timeout);
}

std::span<const std::byte> JetStream::Subscription::payload(const Message& message) const noexcept {
  return {NatsHeader::rest(message), message.size};
}

void JetStream::Subscription::release(const Message& message) noexcept {
  natsMsg* const from = library_message(message);
  if (endpoint_->awaited.empty()) natsMsg_Ack(from, nullptr);
  natsMsg_Destroy(from);
}

std::uint64_t JetStream::Subscription::dropped() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& inbox : endpoint_->inboxes) sum += inbox->dropped();
  for (const AckGate* gate : endpoint_->gates) {
    sum += gate->refused.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
//
// In place of client.cpp where libnats was not there when busmark was built.
#include "busmark/base/error.hpp"

#include "transport/nats/library/client.hpp"
#include "transport/nats/library/jetstream.hpp"

namespace busmark {

struct NatsClientTransport::Endpoint {};
struct NatsClientTransport::State {};

std::string NatsClientTransport::why_unavailable(const NatsOptions& /*options*/) {
  return "busmark was built without libnats; apt-get install libnats-dev and build it again";
}

NatsClientTransport::NatsClientTransport(const TransportOptions& /*options*/) {
  throw SetupError(why_unavailable({}));
}
NatsClientTransport::~NatsClientTransport() = default;

// The constructor throws, so that none of these is ever called.

const NatsServer& NatsClientTransport::server() const noexcept { __builtin_unreachable(); }
NatsClientTransport::Publisher NatsClientTransport::publisher(std::uint32_t /*index*/) {
  __builtin_unreachable();
}
NatsClientTransport::Subscription NatsClientTransport::subscription(std::uint32_t /*index*/) {
  __builtin_unreachable();
}
NatsClientTransport::Relay NatsClientTransport::relay(std::uint32_t /*index*/) {
  __builtin_unreachable();
}
NatsClientTransport::Requester NatsClientTransport::requester(std::uint32_t /*index*/) {
  __builtin_unreachable();
}
void NatsClientTransport::begin_fault(FaultKind /*kind*/) noexcept {}
void NatsClientTransport::end_fault(FaultKind /*kind*/) noexcept {}
NatsReport NatsClientTransport::report() { return {}; }
std::size_t NatsClientTransport::Publisher::try_publish_bulk(
    Message* /*messages*/, std::size_t /*count*/, const PayloadPattern& /*payload*/) noexcept {
  static_cast<void>(endpoint_);
  return 0;
}
std::size_t NatsClientTransport::Subscription::poll(Message* /*messages*/,
                                                    std::size_t /*count*/) noexcept {
  return 0;
}
std::size_t NatsClientTransport::Subscription::poll_or_park(Message* /*messages*/,
                                                            std::size_t /*count*/,
                                                            Nanoseconds /*timeout*/) noexcept {
  return 0;
}
void NatsClientTransport::Subscription::release(const Message& /*message*/) noexcept {}
std::uint64_t NatsClientTransport::Subscription::dropped() const noexcept { return 0; }
bool NatsClientTransport::Relay::try_pass_on(Message& /*message*/) noexcept { return false; }

struct JetStream::Endpoint {};
struct JetStream::State {};

std::string JetStream::why_unavailable(const NatsOptions& options) {
  return NatsClientTransport::why_unavailable(options);
}
JetStream::JetStream(const TransportOptions& /*options*/, Kind /*kind*/) {
  throw SetupError(why_unavailable({}));
}
JetStream::~JetStream() = default;
const NatsServer& JetStream::server() const noexcept { __builtin_unreachable(); }
JetStream::Publisher JetStream::publisher(std::uint32_t /*index*/) { __builtin_unreachable(); }
JetStream::Subscription JetStream::subscription(std::uint32_t /*index*/) {
  __builtin_unreachable();
}
NatsReport JetStream::report() { return {}; }
std::size_t JetStream::Publisher::try_publish_bulk(Message* /*messages*/, std::size_t /*count*/,
                                                   const PayloadPattern& /*payload*/) noexcept {
  static_cast<void>(endpoint_);
  return 0;
}
std::size_t JetStream::Subscription::poll(Message* /*messages*/, std::size_t /*count*/) noexcept {
  static_cast<void>(endpoint_);
  return 0;
}
std::size_t JetStream::Subscription::poll_or_park(Message* /*messages*/, std::size_t /*count*/,
                                                  Nanoseconds /*timeout*/) noexcept {
  return 0;
}
std::span<const std::byte> JetStream::Subscription::payload(
    const Message& /*message*/) const noexcept {
  return {};
}
void JetStream::Subscription::release(const Message& /*message*/) noexcept {}
std::uint64_t JetStream::Subscription::dropped() const noexcept { return 0; }

}  // namespace busmark

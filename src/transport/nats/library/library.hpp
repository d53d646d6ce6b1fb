// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nats/nats.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "busmark/base/wait.hpp"
#include "busmark/bus/message.hpp"
#include "busmark/queue/spsc_ring.hpp"

#include "record/nats.hpp"
#include "record/nats_options.hpp"
#include "transport/nats/library_threads.hpp"
#include "transport/nats/server.hpp"

namespace busmark {

// libnats as objects. The rest of busmark names the library nowhere else.

/// `Slow Consumer`, and what the calling thread's last call has to add.
[[nodiscard]] std::string library_error(natsStatus status);
/// Where the library told nothing else, the status of a call that it refused is the error.
void tell_refusal(natsStatus refused_for, NatsLibraryConnection& connection);
/// Throws SetupError `WHAT: why` unless all went well.
void check_library(natsStatus status, const std::string& what);

/// Opens the library, once for the whole process, with threads that may run on `cpus`; returns a
/// word of letters and digits that no other run has.
[[nodiscard]] std::string library_word(const std::vector<CpuId>& cpus);
/// All but the connections.
[[nodiscard]] NatsReport library_report(const NatsServer& server,
                                        const std::optional<NatsLoad>& load_before,
                                        const NatsClientOptions& options,
                                        const LibraryThreads& threads);

/// Milliseconds for the library, which knows no shorter time.
[[nodiscard]] std::int64_t library_milliseconds(Nanoseconds time) noexcept;

/// One connection of the library, with what it told of it.
class LibraryConnection {
 public:
  /// Connects. Throws SetupError, in which no secret is.
  LibraryConnection(const NatsServer& server, const NatsOptions& options, std::string role);
  ~LibraryConnection();
  LibraryConnection(const LibraryConnection&) = delete;
  LibraryConnection& operator=(const LibraryConnection&) = delete;

  [[nodiscard]] natsConnection* get() const noexcept { return connection_; }
  /// Returns when the server has dealt with everything sent so far. Throws SetupError.
  void confirm(Nanoseconds timeout);
  [[nodiscard]] NatsLibraryConnection report() const;

  /// What callbacks write; the library may call them after a connection is gone.
  struct Events {
    std::atomic<std::uint64_t> disconnects{0};
    std::atomic<std::uint64_t> reconnects{0};
    std::atomic<bool> lame_duck{false};
    std::atomic<int> last_error{NATS_OK};
  };

 private:
  std::string role_;
  std::string shown_;
  Events* events_;
  natsConnection* connection_ = nullptr;
};

/// Where the messages of one subscription of the library are taken, by one thread.
class LibraryInbox {
 public:
  /// `arrivals`: told of each message where a consumer parks; else null.
  LibraryInbox(NatsDelivery delivery, std::size_t capacity, EventCount* arrivals)
      : synchronous_(delivery == NatsDelivery::sync),
        ring_(synchronous_ ? 1 : capacity),
        producer_(ring_.producer()),
        consumer_(ring_.consumer()),
        arrivals_(arrivals) {}
  ~LibraryInbox();
  LibraryInbox(const LibraryInbox&) = delete;
  LibraryInbox& operator=(const LibraryInbox&) = delete;

  /// The callback for the library, with this object as its closure; null for sync delivery.
  [[nodiscard]] natsMsgHandler callback() const noexcept {
    return synchronous_ ? nullptr : &LibraryInbox::on_message;
  }
  /// Takes over what a subscribe call made.
  void adopt(natsSubscription* subscription, const NatsClientOptions& options);
  [[nodiscard]] natsSubscription* subscription() const noexcept { return subscription_; }

  /// Up to `count` messages, which belong to the caller; without waiting.
  std::size_t take(natsMsg** messages, std::size_t count) noexcept;
  /// The next one, waited for in the library; only with sync delivery.
  natsMsg* wait(Nanoseconds timeout) noexcept;
  /// Messages that the library has discarded because they were not taken in time.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

 private:
  static void on_message(natsConnection* connection, natsSubscription* subscription,
                         natsMsg* message, void* closure);

  using Ring = SpscRing<natsMsg*>;
  bool synchronous_;
  Ring ring_;
  Ring::Producer producer_;
  Ring::Consumer consumer_;
  EventCount* arrivals_;
  natsSubscription* subscription_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> completed_{false};
};

// A received Message keeps the library's message behind the pointer to its payload.

inline void keep_library_message(Message& message, natsMsg* from) noexcept {
  static_assert(2 * sizeof(void*) <= Message::kInlinePayload);
  std::memcpy(message.inline_payload.data() + sizeof(void*), &from, sizeof from);
}
[[nodiscard]] inline natsMsg* library_message(const Message& message) noexcept {
  natsMsg* from = nullptr;
  std::memcpy(&from, message.inline_payload.data() + sizeof(void*), sizeof from);
  return from;
}

}  // namespace busmark

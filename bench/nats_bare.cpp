// SPDX-License-Identifier: Apache-2.0
//
// The plainest use of libnats, to see what busmark's nats/client costs beside it: one connection to
// publish, one to subscribe, a callback or a loop that reads the time. Prints one line of JSON.
//
// usage: nats_bare URL BYTES SECONDS RATE DELIVERY FLUSH CPU
//   RATE 0: as fast as the library takes it; DELIVERY async or sync; FLUSH default or asap; CPU: of
//   the publishing thread and of the one that takes messages, both pinned once connected.
#include <nats/nats.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// As long as busmark's on a server that is not its own.
constexpr const char* kSubject = "bare01234567.busmark.0";

std::int64_t now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

void check(natsStatus status, const char* what) {
  if (status == NATS_OK) return;
  std::fprintf(stderr, "nats_bare: %s: %s\n", what, natsStatus_GetText(status));
  std::exit(1);
}

void pin(std::size_t cpu) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(cpu, &mask);
  pthread_setaffinity_np(pthread_self(), sizeof mask, &mask);
}

struct Received {
  std::atomic<std::uint64_t> count{0};
  std::atomic<std::int64_t> last{0};
  std::vector<std::int64_t> latencies;

  void take(natsMsg* message) {
    std::int64_t due = 0;
    std::memcpy(&due, natsMsg_GetData(message), sizeof due);
    const std::int64_t at = now();
    if (latencies.size() < latencies.capacity()) latencies.push_back(at - due);
    last.store(at, std::memory_order_relaxed);
    count.fetch_add(1, std::memory_order_release);
    natsMsg_Destroy(message);
  }
};

natsConnection* connect(const char* url, bool asap) {
  natsOptions* options = nullptr;
  natsConnection* connection = nullptr;
  check(natsOptions_Create(&options), "options");
  check(natsOptions_SetURL(options, url), "url");
  check(natsOptions_SetSendAsap(options, asap), "flush");
  check(natsConnection_Connect(&connection, options), "connect");
  natsOptions_Destroy(options);
  return connection;
}

std::uint64_t publish(natsConnection* connection, std::size_t size, double seconds, double rate) {
  std::vector<char> payload(size);
  const std::int64_t start = now();
  const std::int64_t end = start + static_cast<std::int64_t>(seconds * 1e9);
  std::uint64_t sent = 0;
  while (true) {
    std::int64_t due = now();
    if (rate > 0) {
      const std::int64_t planned =
          start + static_cast<std::int64_t>(static_cast<double>(sent) * 1e9 / rate);
      while (due < planned) {
        sched_yield();
        due = now();
      }
      due = planned;
    }
    if (due >= end) return sent;
    std::memcpy(payload.data(), &due, sizeof due);
    check(natsConnection_Publish(connection, kSubject, payload.data(), static_cast<int>(size)),
          "publish");
    ++sent;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return std::fprintf(stderr, "nats_bare: see the head of nats_bare.cpp\n"), 2;
  const auto size = static_cast<std::size_t>(std::max(8, std::atoi(argv[2])));
  const double seconds = std::atof(argv[3]);
  const double rate = std::atof(argv[4]);
  const bool synchronous = std::string(argv[5]) == "sync";
  const bool asap = std::string(argv[6]) == "asap";
  const auto cpu = static_cast<std::size_t>(std::atoi(argv[7]));

  static Received received;
  received.latencies.reserve(1 << 20);
  natsConnection* const in = connect(argv[1], asap);
  natsConnection* const out = connect(argv[1], asap);
  natsSubscription* subscription = nullptr;
  check(synchronous ? natsConnection_SubscribeSync(&subscription, in, kSubject)
                    : natsConnection_Subscribe(
                          &subscription, in, kSubject,
                          [](natsConnection*, natsSubscription*, natsMsg* message, void*) {
                            received.take(message);
                          },
                          nullptr),
        "subscribe");
  check(natsSubscription_SetPendingLimits(subscription, -1, -1), "limits");
  check(natsConnection_Flush(in), "flush");
  std::atomic<bool> done{false};
  std::thread taker([&] {
    if (!synchronous) return;
    pin(cpu);
    while (!done.load()) {
      natsMsg* message = nullptr;
      if (natsSubscription_NextMsg(&message, subscription, 100) == NATS_OK) received.take(message);
    }
  });
  pin(cpu);
  const std::int64_t start = now();
  const std::uint64_t sent = publish(out, size, seconds, rate);
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (received.count.load() < sent && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(1ms);
  }
  done = true;
  taker.join();
  natsConnection_Close(in);
  natsConnection_Close(out);
  const std::uint64_t count = received.count.load();
  auto& sorted = received.latencies;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double part) {
    return sorted.empty() ? 0.0
                          : static_cast<double>(sorted[static_cast<std::size_t>(
                                part * static_cast<double>(sorted.size() - 1))]) /
                                1e3;
  };
  std::printf(
      "{\"sent\": %llu, \"received\": %llu, \"rate\": %.0f, \"p50_us\": %.1f, "
      "\"p95_us\": %.1f}\n",
      static_cast<unsigned long long>(sent), static_cast<unsigned long long>(count),
      static_cast<double>(count) * 1e9 / static_cast<double>(received.last - start), at(0.5),
      at(0.95));
  return 0;
}

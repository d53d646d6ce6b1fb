// SPDX-License-Identifier: Apache-2.0
//
// What every transport promises (transport/transport.hpp), checked for all of them.
#include <atomic>
#include <cstring>
#include <latch>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/wait.hpp"

#include "transport/all_transports.hpp"

namespace busmark {
namespace {

Message message_with(std::uint64_t sequence, const PayloadPattern& payload,
                     std::uint32_t producer = 0) {
  Message result;
  result.sequence = sequence;
  result.producer = static_cast<std::uint16_t>(producer);
  result.size = payload.size();
  result.checksum = payload.checksum(sequence);
  return result;
}

/// Takes everything that is there; checks every payload.
template <typename S>
std::vector<std::uint64_t> drain(S& subscription, std::size_t batch) {
  std::vector<std::uint64_t> sequences;
  std::vector<Message> buffer(batch);
  while (const std::size_t count = subscription.poll(buffer.data(), batch)) {
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(payload_checksum(subscription.payload(buffer[i])) == buffer[i].checksum);
      subscription.release(buffer[i]);
      sequences.push_back(buffer[i].sequence);
    }
  }
  return sequences;
}

TEST_CASE_TEMPLATE_DEFINE("a transport keeps its contract", T, conformance) {
  SUBCASE("every message arrives once, in order, with its payload, at any size and batch") {
    for (const std::uint32_t size : {0U, 1U, 8U, 16U, 17U, 64U, 1000U, 65'536U}) {
      for (const std::uint32_t batch : {1U, 7U}) {
        CAPTURE(size);
        CAPTURE(batch);
        T transport(TransportOptions{.capacity = 64, .payload = size, .batch = batch});
        auto publisher = transport.publisher(0);
        auto subscription = transport.subscription(0);
        const PayloadPattern payload(size, 42);
        std::uint64_t next = 0;
        std::uint64_t expected = 0;
        for (int round = 0; round < 100; ++round) {
          std::vector<Message> messages;
          for (std::uint32_t i = 0; i < batch; ++i)
            messages.push_back(message_with(next + i, payload));
          const std::size_t sent =
              batch == 1 ? (publisher.try_publish(messages[0], payload) ? 1U : 0U)
                         : publisher.try_publish_bulk(messages.data(), batch, payload);
          REQUIRE(sent == batch);
          next += sent;
          for (const std::uint64_t sequence : drain(subscription, batch)) {
            CHECK(sequence == expected++);
          }
        }
        CHECK(expected == next);
      }
    }
  }

  SUBCASE("a full transport refuses, and a refused message can be tried again or abandoned") {
    for (const std::uint32_t size : {16U, 100U}) {
      T transport(TransportOptions{.capacity = 8, .payload = size, .batch = 1});
      auto publisher = transport.publisher(0);
      auto subscription = transport.subscription(0);
      const PayloadPattern payload(size, 1);
      for (int round = 0; round < 50; ++round) {
        std::uint64_t sent = 0;
        Message next = message_with(0, payload);
        while (publisher.try_publish(next, payload)) next = message_with(++sent, payload);
        CHECK(sent >= 8);
        CHECK_FALSE(publisher.try_publish(next, payload));
        publisher.abandon(&next, 1);
        CHECK(drain(subscription, 4).size() == sent);
      }
    }
  }

  SUBCASE("a parked consumer is woken by every message") {
    // A lost wake-up would cost an hour's sleep: the test would hang.
    constexpr std::uint64_t kMessages = 3'000;
    T transport(TransportOptions{.capacity = 4, .payload = 32, .batch = 1, .parking = true});
    std::atomic<std::uint64_t> received{0};
    std::latch subscribed(1);
    std::jthread consumer([&] {
      auto subscription = transport.subscription(0);
      subscribed.count_down();
      Message got;
      while (received.load() < kMessages) {
        if (subscription.poll_or_park(&got, 1, std::chrono::hours(1)) == 1) {
          subscription.release(got);
          received.fetch_add(1);
        }
      }
    });
    subscribed.wait();
    auto publisher = transport.publisher(0);
    const PayloadPattern payload(32, 5);
    for (std::uint64_t sequence = 0; sequence < kMessages; ++sequence) {
      Message next = message_with(sequence, payload);
      while (!publisher.try_publish(next, payload)) std::this_thread::yield();
      if (sequence % 3 == 0) {
        while (received.load() <= sequence) std::this_thread::yield();  // let it fall asleep
      }
    }
    consumer.join();
    CHECK(received.load() == kMessages);
  }

  SUBCASE("as many producers and consumers as it allows lose and double nothing") {
    const std::uint32_t producers = T::kInfo.max_producers == 1 ? 1 : 3;
    const std::uint32_t consumers = T::kInfo.max_consumers == 1 ? 1 : 3;
    constexpr std::uint64_t kMessages = 5'000;
    T transport(TransportOptions{.producers = producers,
                                 .consumers = consumers,
                                 .capacity = 32,
                                 .payload = 48,
                                 .batch = 4,
                                 .pattern = Pattern::queue_group});
    std::latch subscribed(consumers);
    std::vector<std::atomic<int>> seen(producers * kMessages);
    std::atomic<std::uint64_t> received{0};
    std::atomic<int> wrong_payloads{0};
    {
      std::vector<std::jthread> threads;
      for (std::uint32_t c = 0; c < consumers; ++c) {
        threads.emplace_back([&, c] {
          auto subscription = transport.subscription(c);
          subscribed.count_down();
          std::vector<Message> buffer(4);
          while (received.load() < producers * kMessages) {
            const std::size_t count = subscription.poll(buffer.data(), buffer.size());
            for (std::size_t i = 0; i < count; ++i) {
              const Message& got = buffer[i];
              if (payload_checksum(subscription.payload(got)) != got.checksum) ++wrong_payloads;
              subscription.release(got);
              ++seen[got.producer * kMessages + got.sequence];
            }
            received.fetch_add(count);
            if (count == 0) std::this_thread::yield();
          }
        });
      }
      for (std::uint32_t p = 0; p < producers; ++p) {
        threads.emplace_back([&, p] {
          subscribed.wait();
          auto publisher = transport.publisher(p);
          const PayloadPattern payload(48, p);
          for (std::uint64_t sequence = 0; sequence < kMessages; ++sequence) {
            Message next = message_with(sequence, payload, p);
            while (!publisher.try_publish(next, payload)) std::this_thread::yield();
          }
        });
      }
    }
    int wrong = 0;
    for (const auto& count : seen) wrong += count.load() != 1 ? 1 : 0;
    CHECK(wrong == 0);
    CHECK(wrong_payloads.load() == 0);
  }
}

TEST_CASE_TEMPLATE_APPLY(conformance, LocalTransports);

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
// The loops of the workers alone: no threads, due times in the past, endpoints that follow a
// script.
#include <algorithm>
#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "engine/schedule.hpp"
#include "engine/workers.hpp"
#include "support/plans.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::test_clock;

constexpr std::int64_t kPeriod = 1000;

/// Takes `room` messages and no more.
struct ScriptedPublisher {
  std::size_t room = 1000;
  std::vector<Message> taken{};
  std::size_t largest_batch = 0;
  std::size_t abandoned = 0;

  bool try_publish(Message& message, const PayloadPattern& payload) noexcept {
    return try_publish_bulk(&message, 1, payload) == 1;
  }
  std::size_t try_publish_bulk(Message* messages, std::size_t count,
                               const PayloadPattern& /*payload*/) noexcept {
    largest_batch = std::max(largest_batch, count);
    const std::size_t sent = std::min(count, room - taken.size());
    taken.insert(taken.end(), messages, messages + sent);
    return sent;
  }
  void abandon(Message* /*messages*/, std::size_t count) noexcept { abandoned += count; }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return 0; }
};

/// Hands out `messages`.
struct ScriptedSubscription {
  std::vector<Message> messages;
  std::size_t next = 0;
  std::size_t released = 0;

  std::size_t poll(Message* out, std::size_t count) noexcept {
    const std::size_t got = std::min(count, messages.size() - next);
    std::copy_n(messages.begin() + static_cast<std::ptrdiff_t>(next), got, out);
    next += got;
    return got;
  }
  [[nodiscard]] std::span<const std::byte> payload(const Message& message) const noexcept {
    return {message.inline_payload.data(), message.size};
  }
  void release(const Message& /*message*/) noexcept { ++released; }
  std::size_t poll_or_park(Message* out, std::size_t count, Nanoseconds /*timeout*/) noexcept {
    return poll(out, count);
  }
};

/// 5 due times of warm-up and 15 to measure, all a second ago; the drain has an hour.
WorkerTask past_task(std::uint32_t batch) {
  const Clock& clock = test_clock();
  WorkerTask task;
  task.clock = clock;
  task.window.start = clock.now() - clock.to_ticks(1s);
  task.window.measure = task.window.start + 5 * kPeriod;
  task.window.end = task.window.start + 20 * kPeriod;
  task.window.give_up = clock.now() + clock.to_ticks(1h);
  task.batch = batch;
  task.sequence_limit = 1000;
  task.late_after = kPeriod;
  return task;
}

ProducerRecord produce(const WorkerTask& task, ScriptedPublisher& publisher) {
  const PayloadPattern payload(16, 1);
  const StopFlag stop{false};
  ProducerRecord record;
  Progress progress;
  std::vector<Message> buffer(task.batch);
  const Sender sender(publisher, payload, task, stop, buffer, record);
  produce_open_loop(RateSchedule(task.window.start, {.period_ticks = kPeriod}), sender, task, stop,
                    progress, record);
  CHECK(progress.get() == record.accepted);
  return record;
}

TEST_CASE("overdue messages are sent at once, none is skipped and none is re-based") {
  for (const std::uint32_t batch : {1U, 3U, 8U}) {
    CAPTURE(batch);
    ScriptedPublisher publisher;
    const WorkerTask task = past_task(batch);
    const ProducerRecord record = produce(task, publisher);
    REQUIRE(publisher.taken.size() == 20);
    for (std::uint32_t i = 0; i < 20; ++i) {
      CHECK(publisher.taken[i].sequence == i);
      CHECK(publisher.taken[i].due == task.window.start + i * kPeriod);
      CHECK(publisher.taken[i].sent >= task.window.start + task.clock.to_ticks(1s));
    }
    CHECK(publisher.largest_batch == batch);
    CHECK(record.accepted == 20);
    CHECK(record.published == 15);
    CHECK(record.first_measured == 5);
    CHECK(record.refused == 0);
    CHECK(record.late == 15);
    CHECK(record.pacing.total() == 15);
    CHECK(record.pacing.min() >= 900'000'000);
    CHECK(record.next_due == task.window.end);
  }
}

TEST_CASE("refused messages give their sequence numbers back, so that no gap reads as a loss") {
  for (const std::uint32_t batch : {1U, 3U, 8U}) {
    for (const std::size_t room : {0U, 2U, 5U, 7U, 19U}) {
      CAPTURE(batch);
      CAPTURE(room);
      ScriptedPublisher publisher{.room = room};
      WorkerTask task = past_task(batch);
      task.on_full = OnFull::drop;
      const ProducerRecord record = produce(task, publisher);
      CHECK(publisher.taken.size() == room);
      for (std::uint32_t i = 0; i < room; ++i) CHECK(publisher.taken[i].sequence == i);
      CHECK(record.accepted == room);
      CHECK(record.published == 15);
      CHECK(record.first_measured == std::min<std::size_t>(room, 5));
      CHECK(record.refused == 15 - (record.accepted - record.first_measured));
      CHECK(publisher.abandoned == 20 - room);
    }
  }
}

TEST_CASE("a full transport is tried until the deadline, and what was not tried is known") {
  ScriptedPublisher publisher{.room = 8};
  WorkerTask task = past_task(1);
  task.window.give_up = task.clock.now() + task.clock.to_ticks(1ms);
  const ProducerRecord record = produce(task, publisher);
  CHECK(record.accepted == 8);
  CHECK(record.refused == 1);
  CHECK(record.next_due == task.window.start + 9 * kPeriod);
}

Message message(std::uint64_t sequence, std::int64_t due, std::int64_t sent) {
  Message result;
  result.sequence = sequence;
  result.due = due;
  result.sent = sent;
  return result;
}

TEST_CASE("only messages due in the window are timed; all are audited and released") {
  const std::array<std::uint64_t, 1> limits{10};
  const WorkerTask task = past_task(4);
  const std::int64_t edge = task.window.measure;
  ScriptedSubscription subscription{.messages = {message(0, edge - kPeriod, edge),
                                                 message(1, edge - 1, edge), message(2, edge, edge),
                                                 message(3, edge + 1, edge + 1)}};
  ConsumerRecord record(limits);
  ProductionEnd production;
  production.accepted = 4;
  std::vector<Progress> progress(1);
  std::vector<Message> buffer(3);
  consume<true>(subscription, buffer, task, {production, progress}, progress[0], record);
  CHECK(record.received == 4);
  CHECK(progress[0].get() == 4);
  CHECK(subscription.released == 4);
  CHECK_FALSE(record.gave_up);
  CHECK(record.last_received >= edge);
  Histogram response;
  Histogram service;
  record.response.collect_rest(response);
  record.service.collect_rest(service);
  CHECK(response.total() == 2);
  CHECK(service.total() == 2);
  const std::array<const SequenceAudit*, 1> audience{&record.audit};
  CHECK(SequenceAudit::combine(audience, 0, 0, 4).unique == 4);
}

TEST_CASE("a message received before it was sent is counted and never wraps into a huge latency") {
  const std::array<std::uint64_t, 1> limits{10};
  WorkerTask task = past_task(1);
  const std::int64_t ahead = task.clock.now() + task.clock.to_ticks(1h);
  for (const bool open_loop : {true, false}) {
    ScriptedSubscription subscription{
        .messages = {message(0, ahead, ahead), message(1, task.window.end, task.window.end)}};
    ConsumerRecord record(limits);
    ProductionEnd production;
    production.accepted = 2;
    std::vector<Progress> progress(1);
    std::vector<Message> buffer(2);
    if (open_loop) {
      consume<true>(subscription, buffer, task, {production, progress}, progress[0], record);
    } else {
      consume<false>(subscription, buffer, task, {production, progress}, progress[0], record);
    }
    CHECK(record.clock_backwards == 1);
    CHECK(record.worst_backwards_ns < -1'000'000'000);
    Histogram response;
    record.response.collect_rest(response);
    CHECK(response.total() == 2);
    CHECK(response.overflow() == 0);
    CHECK(response.min() == 0);
  }
}

}  // namespace
}  // namespace busmark

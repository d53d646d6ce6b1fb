// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

#include <fmt/core.h>

#include "busmark/base/error.hpp"
#include "busmark/base/wait.hpp"

#include "base/quote.hpp"
#include "verb/plugin/check.hpp"
#include "verb/plugin/trial.hpp"

namespace busmark {
namespace {

constexpr std::uint32_t kMostOfKind = 4;
constexpr std::uint32_t kCrowdBatch = 8;
constexpr std::uint32_t kCrowdCapacity = 256;
constexpr std::uint64_t kEachSends = 5'000;
/// With nothing taken: a machine that does much else starves a thread for seconds.
constexpr auto kCrowdPatience = std::chrono::seconds(8);
/// With nothing come once all are sent.
constexpr auto kLastPatience = std::chrono::seconds(1);

std::uint32_t threads_of(std::uint32_t limit) {
  return limit == 0 ? kMostOfKind : std::min(limit, kMostOfKind);
}

struct Came {
  std::uint32_t producer;
  std::uint64_t number;
};

/// What the threads of one trial share.
struct Crowd {
  const busmark_plugin& table;
  const GuardSteps& steps;
  const OpenBus& bus;
  std::uint32_t payload;
  std::atomic<std::uint64_t> taken{0};
  std::atomic<std::uint64_t> came{0};
  std::atomic<std::uint32_t> producing{0};
  std::atomic<bool> failed{false};
  std::atomic<bool> foreign{false};
  std::atomic<bool> changed{false};

  /// Once, whoever comes first.
  void fail(const std::string& sentence) {
    if (!failed.exchange(true)) steps.say(sentence);
  }
};

void push_each(Crowd& crowd, std::uint32_t index, std::uint64_t& sent) {
  const PluginProducer producer(crowd.bus, index);
  TrialMessages messages(crowd.table, crowd.payload);
  std::vector<busmark_message> batch;
  auto last = std::chrono::steady_clock::now();
  while (sent < kEachSends && !crowd.failed) {
    batch.clear();
    const std::uint64_t size = std::min<std::uint64_t>(sent % kCrowdBatch + 1, kEachSends - sent);
    for (std::uint64_t i = 0; i < size; ++i) batch.push_back(messages.make(index, sent + i));
    const std::size_t taken = producer.push(batch.data(), batch.size());
    if (taken > batch.size()) return crowd.fail("push returned more than was offered");
    sent += taken;
    crowd.taken += taken;
    const auto now = std::chrono::steady_clock::now();
    if (taken > 0) last = now;
    if (now - last > kCrowdPatience)
      return crowd.fail("push refused everything while consumers waited");
    if (taken < batch.size()) sched_yield();
  }
}

void pop_all(Crowd& crowd, std::uint32_t index, std::vector<Came>& came) {
  const PluginConsumer consumer(crowd.bus, index);
  const TrialMessages messages(crowd.table, crowd.payload);
  std::vector<busmark_message> batch(kCrowdBatch);
  auto last = std::chrono::steady_clock::now();
  while (!crowd.failed) {
    const std::size_t got = consumer.pop(batch.data(), batch.size());
    if (got > batch.size()) return crowd.fail("pop returned more than was asked for");
    for (std::size_t i = 0; i < got; ++i) {
      came.push_back({batch[i].producer, batch[i].sequence});
      if (!messages.intact(batch[i])) crowd.changed = true;
    }
    crowd.came += got;
    if (crowd.came > 2 * kMostOfKind * kEachSends) {
      return crowd.fail("consumers get messages for ever, many more than were sent");
    }
    const auto now = std::chrono::steady_clock::now();
    if (got > 0) {
      last = now;
      continue;
    }
    if (crowd.producing == 0 && (crowd.came >= crowd.taken || now - last > kLastPatience)) return;
    sched_yield();
  }
}

/// Of all consumers together, by producer; the order only of what one of them got.
void judge_crowd(const std::vector<std::vector<Came>>& came, const std::vector<std::uint64_t>& sent,
                 const Crowd& crowd) {
  for (std::uint32_t producer = 0; producer < sent.size(); ++producer) {
    std::vector<std::uint64_t> numbers;
    bool ordered = true;
    for (const std::vector<Came>& one : came) {
      std::uint64_t least = 0;
      for (const Came& message : one) {
        if (message.producer != producer) continue;
        if (message.number < least) ordered = false;
        least = message.number;
        numbers.push_back(message.number);
      }
    }
    if (!ordered) {
      crowd.steps.say("a consumer got messages of one producer out of order");
    }
    std::sort(numbers.begin(), numbers.end());
    judge_numbers(numbers, sent[producer], crowd.table, crowd.steps);
  }
  for (const std::vector<Came>& one : came) {
    const bool foreign = std::any_of(one.begin(), one.end(), [&](const Came& message) {
      return message.producer >= sent.size();
    });
    if (foreign) crowd.steps.say("messages came of a producer that there is not");
  }
  if (crowd.changed) crowd.steps.say("messages came with other bytes than they were sent with");
}

}  // namespace

void check_threads(const busmark_plugin& table, const GuardSteps& steps) {
  const std::uint32_t producers = threads_of(table.max_producers);
  const bool shared =
      (table.patterns & (BUSMARK_PATTERN_ONE_WAY | BUSMARK_PATTERN_QUEUE_GROUP)) != 0;
  const std::uint32_t consumers = shared ? threads_of(table.max_consumers) : 1;
  TransportOptions options = trial_options(table, kCrowdCapacity, kCrowdBatch);
  options.producers = producers;
  options.consumers = consumers;
  if (consumers > 1 && (table.patterns & BUSMARK_PATTERN_QUEUE_GROUP) != 0) {
    options.pattern = Pattern::queue_group;
  }
  const OpenBus bus(table, options);
  Crowd crowd{.table = table, .steps = steps, .bus = bus, .payload = options.payload};
  crowd.producing = producers;
  steps.begin("with many threads it");
  std::vector<std::vector<Came>> came(consumers);
  std::vector<std::uint64_t> sent(producers, 0);
  {
    std::vector<std::jthread> threads;
    const auto run = [&](auto work) {
      threads.emplace_back([&crowd, work] {
        try {
          work();
        } catch (const std::exception& exception) {
          crowd.fail(fmt::format("an endpoint throws {}", in_quotes(exception.what(), 200)));
        } catch (...) {
          crowd.fail("an endpoint throws what is no std::exception");
        }
      });
    };
    for (std::uint32_t i = 0; i < consumers; ++i) {
      run([&, i] { pop_all(crowd, i, came[i]); });
    }
    for (std::uint32_t i = 0; i < producers; ++i) {
      run([&, i] {
        push_each(crowd, i, sent[i]);
        --crowd.producing;
      });
    }
  }
  if (!crowd.failed) judge_crowd(came, sent, crowd);
  steps.note(fmt::format("tried with {} producer{} and {} consumer{}", producers,
                         producers == 1 ? "" : "s", consumers, consumers == 1 ? "" : "s"));
  steps.begin("close");
}

void check_waiting(const busmark_plugin& table, const GuardSteps& steps) {
  if (table.wait == nullptr) {
    steps.note("it has no wait: busmark lets consumers sleep and wakes them");
    return;
  }
  TransportOptions options = trial_options(table, kCrowdCapacity);
  options.parking = true;
  const OpenBus bus(table, options);
  const PluginConsumer consumer(bus, 0);
  const PluginProducer producer(bus, 0);
  TrialMessages messages(table, options.payload);
  busmark_message came{};
  steps.begin("wait");
  if (consumer.wait(&came, 1, std::chrono::milliseconds(20)) != 0) {
    steps.say("wait returned a message that nobody sent");
    return;
  }
  steps.begin("push");
  busmark_message message = messages.make(0, 0);
  const std::jthread late([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    static_cast<void>(producer.push(&message, 1));
  });
  steps.begin("wait");
  const auto deadline = std::chrono::steady_clock::now() + kCrowdPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (consumer.wait(&came, 1, std::chrono::milliseconds(500)) == 0) continue;
    if (!messages.intact(came)) steps.say("a message came with other bytes than it was sent with");
    return;
  }
  steps.say("wait did not return a message that was sent meanwhile");
}

}  // namespace busmark

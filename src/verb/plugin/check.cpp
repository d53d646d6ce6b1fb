// SPDX-License-Identifier: Apache-2.0
#include "verb/plugin/check.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <fmt/core.h>

#include "verb/plugin/allocations.hpp"
#include "verb/plugin/trial.hpp"

namespace busmark {
namespace {

constexpr std::uint32_t kTrialCapacity = 64;
constexpr std::uint32_t kTrialBatch = 32;
/// A bus that has taken so many times what was asked for has no bound.
constexpr std::uint64_t kNoBound = 1024;

struct Promise {
  const char* text;
  void (*check)(const busmark_plugin& table, const GuardSteps& steps);
};

constexpr std::array kPromises{
    Promise{"messages arrive once and in order, lap after lap", check_order},
    Promise{"a full bus refuses, and keeps what it has", check_full},
    Promise{"an empty bus gives nothing and writes nothing", check_empty},
    Promise{"batches of any size, taken in part where there is no room", check_batches},
    Promise{"new endpoints go on where the old ones stopped", check_endpoints_again},
    Promise{"a bus with messages inside can be closed", check_left_inside},
    Promise{"payloads of every size arrive as they were", check_payloads},
    Promise{"many threads at once", check_threads},
    Promise{"a consumer that sleeps wakes up", check_waiting},
    Promise{"push and pop allocate nothing", check_allocations},
};

/// Fills the bus, at most until it has no bound. Returns how many it took.
std::uint64_t fill_bus(Trial& trial) {
  const std::uint64_t before = trial.sent();
  while (trial.sent() - before < kNoBound * kTrialCapacity && trial.push(1) == 1) {
  }
  return trial.sent() - before;
}

}  // namespace

void check_order(const busmark_plugin& table, const GuardSteps& steps) {
  Trial trial(table, steps, kTrialCapacity);
  for (std::uint64_t level = 0; level < trial.holds(); level += 7) {
    while (trial.inside() < level && trial.push(1) == 1) {
    }
    for (int i = 0; i < 200; ++i) {
      if (trial.push(1) != 1) {
        steps.say(fmt::format("push refused a message with {} of {} inside", trial.inside(),
                              trial.holds()));
        return trial.judge();
      }
      if (trial.pop_until(1) == 0 && (table.flags & BUSMARK_LOSSY) == 0) return trial.judge();
    }
  }
  trial.pop_until(trial.inside());
  trial.judge();
}

void check_full(const busmark_plugin& table, const GuardSteps& steps) {
  Trial trial(table, steps, kTrialCapacity, kTrialBatch);
  for (int lap = 0; lap < 3; ++lap) {
    const std::uint64_t held = fill_bus(trial);
    if (held >= kNoBound * kTrialCapacity) {
      steps.say(fmt::format("it took {} messages where {} were asked for, and refused none", held,
                            kTrialCapacity));
      return;
    }
    if (held < trial.holds()) {
      steps.say(fmt::format("it holds {} messages where {} were asked for", held, trial.holds()));
      return;
    }
    for (int again = 0; again < 3; ++again) trial.push(1);
    trial.pop_until(trial.inside());
    if (trial.inside() > 0 && (table.flags & BUSMARK_LOSSY) == 0) break;
  }
  trial.judge();
  if (const std::uint64_t held = trial.most_inside(); held != kTrialCapacity) {
    steps.note(fmt::format("it holds {} messages where {} were asked for", held, kTrialCapacity));
  }
}

void check_empty(const busmark_plugin& table, const GuardSteps& steps) {
  Trial trial(table, steps, kTrialCapacity, kTrialBatch);
  for (int lap = 0; lap < 20; ++lap) {
    const std::uint64_t inside = trial.inside();
    const std::size_t got = trial.pop(lap % 2 == 0 ? 1 : kTrialBatch);
    if (got > inside) {
      steps.say(fmt::format("an empty bus gave {} message{}", got, got == 1 ? "" : "s"));
      return;
    }
    trial.push(1);
    trial.pop_until(1);
  }
  trial.judge();
}

void check_batches(const busmark_plugin& table, const GuardSteps& steps) {
  Trial trial(table, steps, kTrialCapacity, kTrialBatch);
  for (std::size_t round = 0; round < 500; ++round) {
    trial.push(round * 7 % kTrialBatch + 1);
    if (round % 3 == 0) continue;
    trial.pop(round * 11 % kTrialBatch + 1);
  }
  trial.pop_until(trial.inside());
  trial.judge();
}

void check_endpoints_again(const busmark_plugin& table, const GuardSteps& steps) {
  Trial trial(table, steps, kTrialCapacity);
  for (int turn = 0; turn < 20; ++turn) {
    for (int i = 0; i < 3; ++i) trial.push(1);
    trial.endpoints_again();
    trial.pop_until(turn == 0 ? 1 : 3);
  }
  trial.pop_until(trial.inside());
  trial.judge();
}

void check_left_inside(const busmark_plugin& table, const GuardSteps& steps) {
  for (int turn = 0; turn < 10; ++turn) {
    steps.begin("open");
    Trial trial(table, steps, kTrialCapacity);
    for (int i = 0; i < 10 + turn; ++i) trial.push(1);
    trial.pop_until(3);
    steps.begin("close with messages inside");
  }
}

void check_payloads(const busmark_plugin& table, const GuardSteps& steps) {
  if ((table.flags & BUSMARK_CARRIES_BYTES) == 0) return;  // it moves messages, all of one size
  constexpr std::uint32_t kLarge = 64 * 1024;
  const std::uint32_t most = table.max_payload == 0 ? kLarge : table.max_payload;
  for (const std::uint32_t wanted : {0U, 1U, 8U, 17U, 63U, 1024U, 4097U, most}) {
    const std::uint32_t size = std::clamp(wanted, table.min_payload, most);
    steps.begin("open");
    TransportOptions options = trial_options(table, kTrialCapacity);
    options.payload = size;
    const OpenBus bus(table, options);
    const PluginProducer producer(bus, 0);
    const PluginConsumer consumer(bus, 0);
    TrialMessages messages(table, size);
    for (std::uint64_t number = 0; number < 20; ++number) {
      busmark_message message = messages.make(0, number);
      steps.begin("push");
      if (producer.push(&message, 1) != 1) {
        steps.say(fmt::format("push refused a message of {} bytes on an empty bus", size));
        return;
      }
      busmark_message came{};
      steps.begin("pop");
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
      while (consumer.pop(&came, 1) == 0 && std::chrono::steady_clock::now() < deadline) {
      }
      if (messages.intact(came)) continue;
      steps.say(fmt::format("a message of {} bytes came with other bytes, or not at all", size));
      return;
    }
  }
}

void check_allocations(const busmark_plugin& table, const GuardSteps& steps) {
  if (!count_allocations()) {
    steps.note("not tried: how libraries are linked here is not known");
    return;
  }
  const TransportOptions options = trial_options(table, kTrialCapacity, kTrialBatch);
  const OpenBus bus(table, options);
  const PluginProducer producer(bus, 0);
  const PluginConsumer consumer(bus, 0);
  TrialMessages messages(table, options.payload);
  constexpr std::uint64_t kWarm = 3 * kTrialCapacity;
  constexpr std::uint64_t kCalls = 2000;
  std::uint64_t in_push = 0;
  std::uint64_t in_pop = 0;
  for (std::uint64_t call = 0; call < kWarm + kCalls; ++call) {
    busmark_message message = messages.make(0, call);
    const std::uint64_t before = allocations_so_far();
    steps.begin("push");
    static_cast<void>(producer.push(&message, 1));
    const std::uint64_t between = allocations_so_far();
    steps.begin("pop");
    static_cast<void>(consumer.pop(&message, 1));
    if (call < kWarm) continue;
    in_push += between > before ? 1U : 0U;
    in_pop += allocations_so_far() > between ? 1U : 0U;
  }
  steps.begin("close");
  for (const auto& [name, calls] : {std::pair{"push", in_push}, std::pair{"pop", in_pop}}) {
    if (calls == 0) continue;
    const std::string found =
        fmt::format("{} takes memory from the allocator in {} of {} calls", name, calls, kCalls);
    if ((table.flags & BUSMARK_ALLOCATES) != 0) {
      steps.note(found + ", as it says");
    } else {
      steps.say(found + "; take it in open, or set BUSMARK_ALLOCATES");
    }
  }
}

std::vector<PluginCheck> check_plugin(const busmark_plugin& table, Nanoseconds at_most) {
  std::vector<PluginCheck> checks;
  for (const Promise& promise : kPromises) {
    PluginCheck& check = checks.emplace_back(PluginCheck{promise.text, {}, {}});
    const GuardResult result = run_guarded(
        [&](const GuardSteps& steps) {
          steps.begin("open");
          promise.check(table, steps);
        },
        at_most);
    for (const std::string& finding : result.findings) {
      const bool known =
          std::find(check.broken.begin(), check.broken.end(), finding) != check.broken.end();
      if (!known) check.broken.push_back(finding);
    }
    check.notes = result.notes;
    if (!result.fault.empty()) check.broken.push_back(result.step + " " + result.fault);
    if (result.fault.starts_with("blocks")) break;
  }
  return checks;
}

}  // namespace busmark

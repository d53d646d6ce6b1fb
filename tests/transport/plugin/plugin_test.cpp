// SPDX-License-Identifier: Apache-2.0
#include "busmark/plugin.hpp"

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"
#include "busmark/queue/mpmc_ring.hpp"

#include "base/file_hash.hpp"
#include "machine/affinity.hpp"
#include "record/nats_options.hpp"
#include "transport/plugin/door_cost.hpp"
#include "transport/plugin/guard.hpp"
#include "transport/plugin/library.hpp"
#include "transport/plugin/plugin.hpp"
#include "transport/plugin/plugin_transport.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

/// Meets PlainQueue.
struct Deque {
  explicit Deque(std::size_t most_items) : most(most_items) {}
  bool try_push(const busmark_message& message) {
    if (items.size() == most) return false;
    items.push_back(message);
    return true;
  }
  bool try_pop(busmark_message& message) {
    if (items.empty()) return false;
    message = items.front();
    items.pop_front();
    return true;
  }
  std::size_t most;
  std::deque<busmark_message> items;
};

/// Remembers where it was opened.
struct Placed : Deque {
  explicit Placed(std::size_t most_items) : Deque(most_items) { cpus = allowed_cpus(); }
  static inline std::vector<CpuId> cpus;
};

/// Meets PluginBus, and carries bytes: as a socket would, it copies them.
class Copying {
 public:
  explicit Copying(const busmark_options& options) : most_(options.capacity) {
    if (options.capacity == 13) throw std::runtime_error("thirteen brings bad luck");
  }
  struct End {
    std::size_t push(const busmark_message* messages, std::size_t count) {
      std::size_t done = 0;
      for (; done < count && bus.frames_.size() < bus.most_; ++done) {
        const auto* bytes = static_cast<const char*>(messages[done].payload);
        bus.frames_.emplace_back(messages[done], std::string(bytes, messages[done].size));
      }
      return done;
    }
    std::size_t pop(busmark_message* messages, std::size_t count) {
      bus.given_.clear();
      while (bus.given_.size() < count && !bus.frames_.empty()) {
        bus.given_.push_back(std::move(bus.frames_.front()));
        bus.frames_.pop_front();
      }
      for (std::size_t i = 0; i < bus.given_.size(); ++i) {
        messages[i] = bus.given_[i].first;
        messages[i].payload = bus.given_[i].second.data();
      }
      return bus.given_.size();
    }
    std::uint64_t dropped() const { return 3; }
    Copying& bus;
  };
  End producer(std::uint32_t /*index*/) { return {*this}; }
  End consumer(std::uint32_t /*index*/) { return {*this}; }

 private:
  std::size_t most_;
  std::deque<std::pair<busmark_message, std::string>> frames_;
  std::vector<std::pair<busmark_message, std::string>> given_;
};

Plugin plugin_of(const busmark_plugin& table) {
  return {.table = table, .report = {}, .transport = "plugin/test", .summary = {}};
}

busmark_plugin good_table() { return plugin_table<Deque>({.name = "deque"}); }

std::string why_refused(const std::function<void(busmark_plugin&)>& change) {
  busmark_plugin table = good_table();
  change(table);
  try {
    static_cast<void>(check_plugin_table(&table, "x.so"));
  } catch (const SetupError& error) {
    return error.what();
  }
  return "";
}

void arrives(const Plugin& plugin) {
  for (const std::uint32_t size : {0U, 1U, 16U, 17U, 1000U}) {
    for (const std::uint32_t batch : {1U, 5U}) {
      CAPTURE(size);
      CAPTURE(batch);
      PluginTransport transport(
          {.capacity = 16, .payload = size, .batch = batch, .plugin = &plugin});
      auto publisher = transport.publisher(0);
      auto subscription = transport.subscription(0);
      const PayloadPattern payload(size, 7);
      std::uint64_t expected = 0;
      for (std::uint64_t round = 0; round < 50; ++round) {
        std::vector<Message> sent(batch);
        for (std::uint32_t i = 0; i < batch; ++i) {
          sent[i].sequence = round * batch + i;
          sent[i].size = size;
          sent[i].checksum = payload.checksum(sent[i].sequence);
        }
        REQUIRE(publisher.try_publish_bulk(sent.data(), batch, payload) == batch);
        std::vector<Message> came(batch);
        REQUIRE(subscription.poll(came.data(), batch) == batch);
        for (const Message& message : came) {
          CHECK(message.sequence == expected++);
          CHECK(payload_checksum(subscription.payload(message)) == message.checksum);
          subscription.release(message);
        }
      }
      Message left;
      left.size = size;
      CHECK(publisher.try_publish(left, payload));  // goes with the transport
    }
  }
}

TEST_CASE("a table of this version is taken as it is, and so is a longer one") {
  const busmark_plugin table = good_table();
  CHECK((check_plugin_table(&table, "x.so").push == table.push));
  struct Longer {
    busmark_plugin table;
    void* more[4];
  } longer{table, {}};
  longer.table.size = sizeof longer;
  longer.table.abi_minor = 9;
  CHECK((check_plugin_table(&longer.table, "x.so").pop == table.pop));
}

TEST_CASE("a table that cannot be used is refused with what to write instead") {
  const std::vector<std::pair<std::string, std::function<void(busmark_plugin&)>>> faults{
      {"it speaks ABI 2.0 and this busmark 1.0", [](auto& t) { t.abi_major = 2; }},
      {"its table has 8 bytes", [](auto& t) { t.size = 8; }},
      {"its table has no name", [](auto& t) { t.name = nullptr; }},
      {"its table has no version", [](auto& t) { t.version = nullptr; }},
      {"its summary is \"a\\x0ab\"; write one line", [](auto& t) { t.summary = "a\nb"; }},
      {"its name is \"\"; write 1 to 60", [](auto& t) { t.name = ""; }},
      {"its function open is null", [](auto& t) { t.open = nullptr; }},
      {"its function close is null", [](auto& t) { t.close = nullptr; }},
      {"its function producer is null", [](auto& t) { t.producer = nullptr; }},
      {"its function end_consumer is null", [](auto& t) { t.end_consumer = nullptr; }},
      {"its function pop is null", [](auto& t) { t.pop = nullptr; }},
      {"its min_payload is 9 and its max_payload 8",
       [](auto& t) {
         t.min_payload = 9;
         t.max_payload = 8;
       }},
      {"its patterns are 0x0", [](auto& t) { t.patterns = 0; }},
      {"its patterns are 0x11", [](auto& t) { t.patterns = 17; }},
      {"its flags are 0x100, of which this busmark knows 0xf", [](auto& t) { t.flags = 256; }},
  };
  for (const auto& [says, change] : faults) {
    const std::string why = why_refused(change);
    CAPTURE(why);
    CHECK(why.find(says) != std::string::npos);
    CHECK(why.starts_with("plugin \"x.so\": "));
  }
  CHECK_THROWS_AS(static_cast<void>(check_plugin_table(nullptr, "x.so")), SetupError);
}

TEST_CASE("a plain queue, a queue with endpoints and a bus of bytes carry every payload") {
  arrives(plugin_of(plugin_table<Deque>({.name = "deque"})));
  arrives(plugin_of(plugin_table<MpmcRing<busmark_message>>({.name = "ring"})));
  arrives(plugin_of(plugin_table<Copying>({.name = "bytes", .flags = BUSMARK_CARRIES_BYTES})));
}

TEST_CASE("a full plugin refuses, and a refused message can be tried again or abandoned") {
  for (const std::uint32_t size : {16U, 100U}) {
    const Plugin plugin = plugin_of(good_table());
    PluginTransport transport({.capacity = 4, .payload = size, .plugin = &plugin});
    auto publisher = transport.publisher(0);
    auto subscription = transport.subscription(0);
    const PayloadPattern payload(size, 1);
    for (int round = 0; round < 20; ++round) {
      Message message;
      message.size = size;
      std::uint64_t held = 0;
      while (publisher.try_publish(message, payload)) {
        ++held;
        message = Message{};
        message.size = size;
      }
      CHECK(held == 4);
      publisher.abandon(&message, 1);
      CHECK(message.slot == nullptr);
      for (Message came; subscription.poll(&came, 1) == 1; --held) subscription.release(came);
      CHECK(held == 0);
    }
  }
}

TEST_CASE("what a class throws in its constructor is the plugin's reason") {
  const busmark_plugin table = plugin_table<Copying>({.name = "bytes", .version = "2"});
  const Plugin plugin = plugin_of(table);
  CHECK_THROWS_WITH_AS(PluginTransport({.capacity = 13, .plugin = &plugin}),
                       "bytes 2: open is refused: \"thirteen brings bad luck\"", SetupError);
}

TEST_CASE("functions that a class does not have are null, those that it has are called") {
  const busmark_plugin plain = good_table();
  CHECK((plain.wait == nullptr));
  CHECK((plain.dropped == nullptr));
  CHECK((plain.capacity == nullptr));
  CHECK((plugin_table<MpmcRing<busmark_message>>({.name = "ring"}).capacity != nullptr));
  const Plugin plugin = plugin_of(plugin_table<Copying>({.name = "bytes"}));
  PluginTransport transport({.capacity = 4, .plugin = &plugin});
  CHECK(transport.publisher(0).dropped() == 3);
}

TEST_CASE("limits and patterns of a table are those that a scenario is checked against") {
  const Plugin plugin = plugin_of(plugin_table<Deque>({.name = "deque",
                                                       .summary = "a deque",
                                                       .max_producers = 2,
                                                       .max_consumers = 1,
                                                       .min_payload = 8,
                                                       .max_payload = 64,
                                                       .patterns = BUSMARK_PATTERN_FAN_IN,
                                                       .flags = BUSMARK_LOSSY}));
  const TransportInfo info = info_of(plugin);
  CHECK(info.name == "plugin/test");
  CHECK(info.max_producers == 2);
  CHECK(info.max_consumers == 1);
  CHECK(info.min_payload == 8);
  CHECK(info.max_payload == 64);
  CHECK_FALSE(info.lossless);
  CHECK(info.patterns.contains(Pattern::fan_in));
  CHECK_FALSE(info.patterns.contains(Pattern::one_way));
}

TEST_CASE(
    "what starts threads of its own is opened on the cores of servers, anything else is not") {
  const std::vector<CpuId> before = allowed_cpus();
  NatsOptions nats;
  nats.cpus = {before.back()};
  for (const bool own : {true, false}) {
    CAPTURE(own);
    const Plugin plugin = plugin_of(
        plugin_table<Placed>({.name = "placed", .flags = own ? BUSMARK_OWN_THREADS : 0U}));
    CHECK(info_of(plugin).server == own);
    const PluginTransport transport({.capacity = 4, .nats = &nats, .plugin = &plugin});
    CHECK(Placed::cpus == (own ? nats.cpus : before));
    CHECK(allowed_cpus() == before);
  }
}

TEST_CASE("the door's cost is one interval for each batch") {
  const std::vector<std::uint32_t> batches{1, 32};
  const auto costs = measure_door(Clock::calibrate(), batches);
  REQUIRE(costs.size() == 2);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    CHECK(costs[i].batch == batches[i]);
    CHECK(std::isfinite(costs[i].added_ns));
    CHECK(costs[i].low_ns <= costs[i].added_ns);
    CHECK(costs[i].added_ns <= costs[i].high_ns);
  }
}

TEST_CASE("guarded code tells how far it came and how it ended") {
  const auto fault = [](const std::function<void()>& work, Nanoseconds at_most) {
    const GuardResult result = run_guarded(
        [&](const GuardSteps& steps) {
          steps.begin("first");
          steps.say("a finding");
          steps.note("a note");
          steps.begin("second");
          work();
          steps.begin("third");
        },
        at_most);
    CHECK(result.findings == std::vector<std::string>{"a finding"});
    CHECK(result.notes == std::vector<std::string>{"a note"});
    CHECK(result.step == (result.fault.empty() ? "third" : "second"));
    return result.fault;
  };
  CHECK(fault([] {}, 20s) == "");
  CHECK(fault([] { throw std::runtime_error("no"); }, 20s) == "throws \"no\"");
  CHECK(fault([] { throw 1; }, 20s) == "throws what is no std::exception");
  CHECK(fault([] { raise(SIGILL); }, 20s) == "crashes (SIGILL)");
  CHECK(fault([] { _exit(3); }, 20s) == "ends the process (exit code 3)");
  CHECK(fault(
            [] {
              while (true) pause();
            },
            100ms) == "blocks for longer than 100ms");
}

TEST_CASE("the hash of a file is SHA-256") {
  // What `sha256sum` prints for a file of our own whose content cannot change: an empty one.
  CHECK(sha256_of_file("/dev/null") ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK_THROWS_AS(static_cast<void>(sha256_of_file("/nonexistent/file")), SetupError);
}

}  // namespace
}  // namespace busmark

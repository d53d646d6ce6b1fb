// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <doctest/doctest.h>

#include "aspect/fault/fault.hpp"
#include "aspect/users/users.hpp"
#include "config/file.hpp"
#include "config/keys.hpp"
#include "config/writer.hpp"

namespace busmark {
namespace {

/// Every key with a value that is not its default, but for `stages`, which stand for `duration`.
constexpr const char* kAll = R"(
[plugins]
mine = "./mine.so"

[run]
order = "interleaved"
missing_plugins = "skip"
name = "all"
repetitions = 7
until = "p50:2.5%, p99.9:10%"
at_most = "90s"
retries = 1
seed = 42
cores = [3, 1]
out = "elsewhere"
history = "h.jsonl"
realtime = true
huge_pages = "on"
clock = "system"
[transport.synthetic]
service = "20us"
sigma = 0.8
[[scenario]]
name = "one/load=1.5M"
tags = ["a", "b"]
transport = "bus/mpmc"
pattern = "fan-out"
producers = 2
consumers = 3
subjects = "chat.room.{0..999}"
subscriptions = ["chat.*.*", "a.\">"]
queue_group = "g"
payload = "1KiB"
load = "123457/s"
arrivals = "poisson"
wait = "park"
batch = 32
capacity = 1024
on_full = "drop"
layout = "floating"
work = "1500ns"
checksum = true
oversubscribe = true
warmup = "1234567ns"
duration = "10s"
drain = "500ms"
slow_over = "250us"
interval = "100ms"
mix = [{ name = "a", weight = 80, subjects = "chat.{0..3}.x" },
  { name = "b", weight = 2.5, payload = 64, work = "3us", budget = "p95 < 1ms" }]
fault = "stall at 1s for 2s"
budget = ["p95 < 5us", "lost == 0"]
abort_on_fail = true
)";

std::string again(const std::string& text) {
  const RunConfig config = parse_config(text, "all.toml");
  return write_config(
      config.run, config.scenarios.front(),
      {.head = {}, .keys = {}, .transport_tables = write_transport_tables(text, "all.toml", {})});
}

TEST_CASE("a written config reads back to the same one") {
  const std::string once = again(kAll);
  CHECK(again(once) == once);
  const RunConfig config = parse_config(once, "once.toml");
  const Scenario& scenario = config.scenarios.front();
  CHECK(config.run.cores.cores == std::vector{CpuId{3}, CpuId{1}});
  CHECK(config.run.history == "h.jsonl");
  CHECK(config.run.order == Order::interleaved);
  CHECK(config.run.missing_plugins == MissingPlugins::skip);
  CHECK(config.run.plugins == std::vector<PluginChoice>{{.name = "mine", .file = "./mine.so"}});
  CHECK(config.run.until.precise.size() == 2);
  CHECK(config.run.at_most == std::chrono::seconds(90));
  CHECK(scenario.name == "one/load=1.5M");
  CHECK(scenario.subscriptions == std::vector<std::string>{"chat.*.*", "a.\">"});
  CHECK(scenario.load.rate->per_second == 123457);
  CHECK(scenario.work == Nanoseconds(1500));
  CHECK(scenario.warmup == Nanoseconds(1'234'567));
  CHECK(scenario.payload.bytes == 1024);
  CHECK(scenario.budget.size() == 2);
  CHECK(scenario.abort_on_fail);
  CHECK(scenario.slow_over == std::chrono::microseconds(250));
  REQUIRE(scenario.mix.size() == 2);
  CHECK(scenario.mix[1].weight == 2.5);
  CHECK(scenario.mix[1].payload == ByteCount{64});
  CHECK(scenario.mix[1].work == std::chrono::microseconds(3));
  CHECK(scenario.mix[1].budget.size() == 1);
  CHECK(scenario.mix[0].subjects == "chat.{0..3}.x");
  CHECK_FALSE(scenario.mix[1].subjects);
  CHECK(to_string(*scenario.fault) == "stall at 1s for 2s");
  CHECK(scenario.synthetic.service == std::chrono::microseconds(20));
  CHECK(scenario.synthetic.sigma == 0.8);
}

TEST_CASE("a written config has every key that the parser knows") {
  const std::string text = again(kAll);
  for (const std::string& key : config_keys()) {
    const bool elsewhere = key.starts_with("transport.") || key.starts_with("plugins.") ||
                           key == "run.warmup" || key == "run.duration" || key == "run.without" ||
                           key == "scenario.stages" || key == "scenario.users" ||
                           key == "scenario.think" || key.starts_with("scenario.mix.");
    if (elsewhere) continue;
    CAPTURE(key);
    CHECK(text.find("\n" + key.substr(key.find('.') + 1) + " = ") != std::string::npos);
  }
}

TEST_CASE("a written config has its lines in an order that no new key changes") {
  CHECK(again("[[scenario]]\nname = \"a\"\n") == R"([run]
name = "all"
repetitions = 3
until = "decided"
retries = 2
seed = 1
cores = "auto"
out = "results"
realtime = false
huge_pages = "system"
clock = "auto"

[[scenario]]
name = "a"
transport = "queue/spsc"
pattern = "one-way"
producers = 1
consumers = 1
subjects = 1
queue_group = "busmark"
payload = 16
arrivals = "constant"
wait = "spin"
batch = 1
capacity = 4096
on_full = "block"
layout = "auto"
work = "0ns"
checksum = false
oversubscribe = false
warmup = "200ms"
drain = "2s"
interval = "1s"
budget = ["p95 < 5ms", "lost == 0"]
abort_on_fail = false
load = "100k/s"
duration = "1s"
)");
  const std::string text = again(kAll);
  std::size_t at = text.find("\nabort_on_fail");
  for (const char* key :
       {"load", "slow_over", "mix", "tags", "subscriptions", "fault", "duration"}) {
    CAPTURE(key);
    const std::size_t line = text.find('\n' + std::string(key) + " = ", at);
    CHECK(line != std::string::npos);
    at = line;
  }
  CHECK(text.find("\nat_most = \"90s\"\nhistory = \"h.jsonl\"\norder = \"interleaved\"\n"
                  "missing_plugins = \"skip\"\n\n") != std::string::npos);
}

TEST_CASE("a result keeps what the rows of the keys have, a default only where it always did") {
  const auto names_of = [](const char* text) {
    std::string names;
    for (const StoredParameter& one :
         parameters_of(parse_config(text, "all.toml").scenarios.front())) {
      names += one.name + ' ';
    }
    return names;
  };
  CHECK(names_of("[[scenario]]\nname = \"a\"") ==
        "pattern payload_bytes producers consumers subjects load wait batch subscriptions "
        "queue_group arrivals capacity on_full checksum oversubscribe warmup_ns duration_ns "
        "drain_ns ");
  CHECK(names_of(kAll) ==
        "pattern payload_bytes producers consumers subjects load wait batch layout tags "
        "subscriptions queue_group arrivals mix capacity on_full work_ns checksum oversubscribe "
        "warmup_ns duration_ns slow_over_ns drain_ns fault abort_on_fail ");
}

TEST_CASE("users are written in place of a load") {
  const std::string text = again(
      "[[scenario]]\nname = \"u\"\ntransport = \"bus/mpmc\"\npattern = \"request-reply\"\n"
      "users = 20\nthink = \"exp(10ms)\"");
  CHECK(text.find("\nload") == std::string::npos);
  const RunConfig config = parse_config(text, "u");
  CHECK(config.scenarios.front().users == 20);
  CHECK(to_string(config.scenarios.front().think) == "exp(10ms)");
  CHECK(again(text) == text);
}

TEST_CASE("stages are written in place of the duration they make up") {
  const std::string text = again(
      "[[scenario]]\nname = \"s\"\nload = \"50k/s\"\nstages = [\"1x for 1s\", \"10x for 250ms\"]");
  CHECK(text.find("\nduration") == std::string::npos);
  CHECK(parse_config(text, "s").scenarios.front().stages.size() == 2);
  CHECK(again(text) == text);
}

TEST_CASE("remarks stand behind their keys and at the top") {
  const RunConfig config = parse_config("[[scenario]]\nname = \"s\"", "s.toml");
  const std::string text = write_config(config.run, config.scenarios.front(),
                                        {.head = {"made by hand", ""},
                                         .keys = {{"scenario.wait", "was yield"}},
                                         .transport_tables = {}});
  CHECK(text.starts_with("# made by hand\n#\n\n[run]\n"));
  CHECK(text.find("wait = \"spin\"  # was yield\n") != std::string::npos);
  CHECK(parse_config(text, "t").scenarios.size() == 1);
}

TEST_CASE("secrets of a transport are named and not copied, and --set wins") {
  const std::string text = write_transport_tables(
      "[transport.nats]\nurl = \"nats://me:word@host:4222\"\npassword = \"hidden\"\n"
      "tls = true\npending = 5\n[[scenario]]\nname = \"s\"",
      "n.toml", {"transport.nats.pending=7", "scenario.wait=park", "transport.nats.timeout=1s"});
  CHECK(text.find("hidden") == std::string::npos);
  CHECK(text.find("word") == text.find("word is a secret"));
  CHECK(text.find("# url is a secret") != std::string::npos);
  CHECK(text.find("tls = true\npending = 7\ntimeout = \"1s\"\n") != std::string::npos);
}

}  // namespace
}  // namespace busmark

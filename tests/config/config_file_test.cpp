// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "config/file.hpp"
#include "support/configs.hpp"

using namespace busmark;
using testing::kOne;
using testing::load_config;
using testing::refusal;
using namespace std::chrono_literals;

TEST_CASE("a mistake is shown with its place, its key and the cure") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"paylod = 1", "a.toml:3:1: unknown key \"paylod\"; did you mean \"payload\"?"},
      {"producers = 0", "a.toml:3:13: producers: must be a whole number from 1 to 1024, not 0"},
      {"duration = \"5x\"",
       "a.toml:3:12: duration: \"5x\" is not a duration: unknown unit \"x\"; use ns, us, ms, s, m "
       "or h, for example \"5ms\""},
      {"duration = 5",
       "a.toml:3:12: duration: must be a duration with its unit, for example \"200ms\", not 5; "
       "write "
       "\"5ms\" or \"5s\""},
      {"load = \"-5k/s\"",
       "a.toml:3:8: load: \"-5k/s\" is not a rate: it must not be negative, for example "
       "\"100k/s\", or \"max\""},
      {"wait = \"spinn\"",
       "a.toml:3:8: wait: must be spin, yield or park, not \"spinn\"; did you mean \"spin\"?"},
      {"batch = [1, 2, 1]", "a.toml:3:16: batch: lists \"1\" twice"},
      {"payload = []", "a.toml:3:11: payload: must not be an empty list"},
      {"batch = 64\ncapacity = 32",
       "a.toml:3:9: batch: 64 is more than the capacity of 32 messages"},
  };
  for (const auto& row : table) {
    CAPTURE(row.first);
    CHECK(refusal(kOne + row.first + "\n") == row.second);
  }
}

TEST_CASE("all mistakes of a file are shown in the order of its lines") {
  CHECK(refusal("[runn]\n[[scenario]]\nname = \"a b\"\nproducers = 0\nconsumers = 0\n") ==
        "a.toml:1:2: unknown table \"runn\"; did you mean [run]?\n"
        "a.toml:3:8: name: must be 1 to 100 letters, digits or any of . _ - + = /, not \"a b\"\n"
        "a.toml:4:13: producers: must be a whole number from 1 to 1024, not 0\n"
        "a.toml:5:13: consumers: must be a whole number from 1 to 1024, not 0");
}

TEST_CASE("a text that is no config is refused in one short message") {
  CHECK(refusal("").starts_with("a.toml: has no [[scenario]]; write at least"));
  CHECK(refusal(std::string(10'000'000, '\x1b')) ==
        "a.toml: is larger than 1 MiB, so it is no config file");
  CHECK(refusal("a = \"\xff\"") ==
        "a.toml:1:6: byte 0xff is not UTF-8 text; save the file as UTF-8");
  CHECK(refusal("a = 100k/s").starts_with("a.toml:1:8: not valid TOML: "));
  CHECK(refusal("a = \x1b[2J").find('\x1b') == std::string::npos);
}

TEST_CASE("a missing file and a directory are told apart") {
  CHECK_THROWS_WITH_AS(static_cast<void>(load_config("no-such.toml")),
                       "no-such.toml: no such file; name a config such as bench_configs/quick.toml",
                       ConfigError);
  CHECK_THROWS_WITH_AS(static_cast<void>(load_config(".")),
                       ".: is a directory; name one file in it, such as quick.toml", ConfigError);
}

TEST_CASE("lists multiply out with the transport varying slowest") {
  const auto config = parse_config(kOne +
                                       "load = [\"max\", \"100k/s\"]\npayload = 64\n"
                                       "transport = [\"x\", \"y\"]\n",
                                   "dir/a.toml");
  REQUIRE(config.scenarios.size() == 4);
  CHECK(config.run.name == "a");
  CHECK(config.scenarios[0].name == "one/transport=x/load=max");
  CHECK(config.scenarios[1].name == "one/transport=x/load=100k");
  CHECK(config.scenarios[3].name == "one/transport=y/load=100k");
  CHECK(config.scenarios[3].payload == ByteCount{64});
}

TEST_CASE("a scenario overrides defaults, which override run; a flag overrides all") {
  const std::string text =
      "[run]\nwarmup = \"1s\"\nduration = \"2s\"\n[defaults]\n"
      "duration = \"3s\"\nbatch = 2\n" +
      kOne + "batch = 4\n";
  const auto config = parse_config(text, "a.toml");
  CHECK(config.scenarios[0].warmup == 1s);
  CHECK(config.scenarios[0].duration == 3s);
  CHECK(config.scenarios[0].batch == 4);
  ConfigOverrides overrides;
  overrides.set = {"scenario.batch=8", "scenario.load=[max,5k/s]", "run.repetitions=7"};
  const auto changed = parse_config(text, "a.toml", overrides);
  CHECK(changed.scenarios.size() == 2);
  CHECK(changed.scenarios[1].batch == 8);
  CHECK(changed.scenarios[1].load == Load{MessageRate{5000}});
  CHECK(changed.run.repetitions == 7);
  overrides.set = {"run.warmup=1500ms", "run.cores=[2, 3]"};
  const auto run_changed = parse_config(text, "a.toml", overrides);
  CHECK(run_changed.scenarios[0].warmup == 1500ms);
  CHECK(run_changed.run.cores.cores == std::vector<CpuId>{CpuId{2}, CpuId{3}});
  overrides.set = {"scenario.producers=0"};
  CHECK(refusal(text, overrides) ==
        "--set scenario.producers: producers: must be a whole number from 1 to 1024, not 0");
}

TEST_CASE("names of transports and their limits are checked at the place of the transport") {
  ConfigOverrides overrides;
  overrides.transports = {"queue/spsc", "queue/mpmc"};
  CHECK(refusal(kOne + "transport = \"queue/spcs\"\n", overrides) ==
        "a.toml:3:13: transport: unknown transport \"queue/spcs\"; did you mean \"queue/spsc\"?");
  overrides.check = [](const Scenario&) { return "one producer only"; };
  CHECK(refusal(kOne + "transport = \"queue/spsc\"\n", overrides) ==
        "a.toml:3:13: transport: one producer only (scenario \"one\")");
}

TEST_CASE("--only keeps what matches and names what exists when nothing does") {
  ConfigOverrides overrides;
  overrides.select.only = "*batch=2";
  CHECK(parse_config(kOne + "batch = [1, 2]\n", "a.toml", overrides).scenarios.size() == 1);
  overrides.select.only = "two*";
  CHECK(refusal(kOne, overrides) == "--only: no scenario matches \"two*\"; there are one");
}

TEST_CASE("quick mode fits the same scenarios into the budget") {
  auto config = parse_config(kOne + "batch = [1, 2, 4]\nduration = \"1h\"\n", "a.toml");
  scale_to_quick(config, 30s);
  CHECK(config.run.quick);
  CHECK(config.run.repetitions == 3);
  CHECK(config.scenarios.size() == 3);
  CHECK(planned_time(config) <= 30s);
  CHECK(planned_time(config) > 29s);
}

TEST_CASE("every shipped config is valid and quick.toml stays below 14 s with all retries") {
  const std::filesystem::path folder = BUSMARK_SOURCE_ROOT "/bench_configs";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    CAPTURE(file.path().string());
    CHECK_NOTHROW(static_cast<void>(load_config(file.path())));
  }
  const auto quick = load_config(folder / "quick.toml");
  auto retried = quick;
  retried.run.repetitions += quick.run.retries;
  CHECK(planned_time(retried) < 14s);
}

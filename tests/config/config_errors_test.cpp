// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
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

namespace {

using Table = std::vector<std::pair<std::string, std::string>>;

std::string refusal_of_file(const std::filesystem::path& file) {
  try {
    static_cast<void>(load_config(file));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

void check_refusals(const Table& table, const std::string& before) {
  for (const auto& row : table) {
    CAPTURE(row.first);
    CHECK(refusal(before + row.first) == row.second);
  }
}

/// Goes with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "busmark-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_CASE("wrong patterns, subjects and subscriptions are named with what to write instead") {
  check_refusals(
      {
          {"pattern = \"fanout\"",
           "a.toml:3:11: pattern: must be one-way, fan-in, fan-out, queue-group, request-reply or "
           "pipeline, not \"fanout\"; did you mean \"fan-out\"?"},
          {"subjects = 0",
           "a.toml:3:12: subjects: must be a count from 1 to 10000000 or a subject such as "
           "\"chat.room.{0..999}\", not 0"},
          {"subjects = \"a.{9..1}\"",
           "a.toml:3:12: subjects: \"{9..1}\" must be two whole numbers, the smaller one first, as "
           "in {0..999}"},
          {"subscriptions = []",
           "a.toml:3:17: subscriptions: must be at least one pattern such as \"chat.*\", not an "
           "empty list"},
          {"subscriptions = [\"a.*\", 7]",
           "a.toml:3:25: subscriptions: must be a pattern such as \"chat.room.*\", not 7"},
      },
      kOne);
  // The rest of these sentences is the bus's own; its tests hold it.
  CHECK(refusal(kOne + "subjects = \"a.*\"").find("wildcards belong into subscriptions") !=
        std::string::npos);
  CHECK(refusal(kOne + "subscriptions = \"a.>.b\"").starts_with("a.toml:3:17: subscriptions: "));
  CHECK(refusal(kOne + "queue_group = \"a b\"").starts_with("a.toml:3:15: queue_group: "));
  CHECK(refusal(kOne + "subjects = 3\nsubscriptions = [\"busmark.1\"]") ==
        "a.toml:4:17: subscriptions: none matches the subject \"busmark.0\"; subscribe to "
        "\"busmark.*\" as well, or leave it out (scenario \"one\")");
}

}  // namespace

TEST_CASE("cores that are no list of distinct CPUs are refused one by one") {
  const Table table{
      {"cores = 1.5\n",
       "a.toml:2:9: cores: must be \"auto\", \"sweep\" or a list of CPUs such as [2, 3], not 1.5"},
      {"cores = \"all\"\n",
       "a.toml:2:9: cores: must be \"auto\", \"sweep\" or a list of CPUs such as [2, 3], not "
       "\"all\""},
      {"cores = []\n",
       "a.toml:2:9: cores: must be \"auto\", \"sweep\" or a list of CPUs such as [2, 3], not an "
       "empty list"},
      {"cores = [-1]\n", "a.toml:2:10: cores: must be a whole number from 0 to 65535, not -1"},
      {"cores = [65536]\n",
       "a.toml:2:10: cores: must be a whole number from 0 to 65535, not 65536"},
      {"cores = [1, 1]\n", "a.toml:2:13: cores: names CPU 1 twice"},
      {"cores = [\"x\"]\n",
       "a.toml:2:10: cores: must be a CPU, or some such as \"2-5\", not \"x\""},
      {"cores = \"0,,1\"\n",
       "a.toml:2:9: cores: must be \"auto\", \"sweep\" or a list of CPUs such as [2, 3], not "
       "\"0,,1\""},
      {"cores = \"2-5,4\"\n", "a.toml:2:9: cores: names CPU 4 twice"},
      {"cores = [1.5, true]\n",
       "a.toml:2:10: cores: must be a whole number from 0 to 65535, not 1.5\n"
       "a.toml:2:15: cores: must be a whole number from 0 to 65535, not true"},
      {"cores = [[1]]\n", "a.toml:2:10: cores: must be a whole number from 0 to 65535, not a list"},
      {"cores = \"\"\n",
       "a.toml:2:9: cores: must be \"auto\", \"sweep\" or a list of CPUs such as [2, 3], not \"\""},
  };
  check_refusals(table, "[run]\n");
}

TEST_CASE("each key of [run] refuses what it cannot mean") {
  const Table table{
      {"repetitions = 0\n",
       "a.toml:2:15: repetitions: must be a whole number from 1 to 1000, not 0"},
      {"repetitions = 1001\n",
       "a.toml:2:15: repetitions: must be a whole number from 1 to 1000, not 1001"},
      {"repetitions = \"3\"\n",
       "a.toml:2:15: repetitions: must be a whole number from 1 to 1000, not \"3\"; write 3"},
      {"retries = -1\n", "a.toml:2:11: retries: must be a whole number from 0 to 100, not -1"},
      {"retries = 101\n", "a.toml:2:11: retries: must be a whole number from 0 to 100, not 101"},
      {"seed = -1\n", "a.toml:2:8: seed: must be a whole number from 0 to 2^63-1, not -1"},
      {"seed = 1.0\n", "a.toml:2:8: seed: must be a whole number from 0 to 2^63-1, not 1.0"},
      {"out = \"\"\n", "a.toml:2:7: out: must be a string of printable characters, not \"\""},
      {"out = \"a\\tb\"\n",
       "a.toml:2:7: out: must be a string of printable characters, not \"a\\x09b\""},
      {"out = 5\n", "a.toml:2:7: out: must be a string of printable characters, not 5"},
      {"name = \"\"\n",
       "a.toml:2:8: name: must be 1 to 100 letters, digits or any of . _ - + =, not beginning with "
       "a point, not \"\""},
      {"name = \"a b\"\n",
       "a.toml:2:8: name: must be 1 to 100 letters, digits or any of . _ - + =, not beginning with "
       "a point, not \"a b\""},
      {"name = 5\n",
       "a.toml:2:8: name: must be 1 to 100 letters, digits or any of . _ - + =, not beginning with "
       "a point, not 5"},
      {"without = [\"a\", 5]\n",
       "a.toml:2:17: without: must be 1 to 100 letters, digits or any of . _ - + = /, not 5"},
      {"realtime = 1\n", "a.toml:2:12: realtime: must be true or false, not 1; write true"},
      {"huge_pages = true\n", "a.toml:2:14: huge_pages: must be system, on or off, not true"},
      {"warmup = \"-1s\"\n",
       "a.toml:2:10: warmup: \"-1s\" is not a duration: it must not be negative, for example "
       "\"5ms\""},
      {"warmup = 5\n",
       "a.toml:2:10: warmup: must be a duration with its unit, for example \"200ms\", not 5; write "
       "\"5ms\" or \"5s\""},
      {"duration = \"0s\"\n", "a.toml:2:12: duration: must be above 0, not \"0s\""},
      {"duration = \"25h\"\n", "a.toml:2:12: duration: must be at most 24h, not \"25h\""},
      {"warmup = [\"1s\"]\n",
       "a.toml:2:10: warmup: must be a duration with its unit, for example \"200ms\", not a list"},
      {"repetition = 3\n", "a.toml:2:1: unknown key \"repetition\"; did you mean \"repetitions\"?"},
      {"payload = 64\n",
       "a.toml:2:1: unknown key \"payload\"; it belongs below [defaults] or [[scenario]]"},
  };
  check_refusals(table, "[run]\n");
}

TEST_CASE("a budget that is no list of lines is refused at its line") {
  const Table table{
      {"budget = []\n",
       "a.toml:3:10: budget: must be at least one line such as \"p95 < 5ms\", not an empty list"},
      {"budget = 5\n", "a.toml:3:10: budget: must be a string such as \"p95 < 5ms\", not 5"},
      {"budget = \"\"\n",
       "a.toml:3:10: budget: \"\" is not a budget: the comparison is missing; use <, <=, >, >= or "
       "==; write it as in \"p95 < 5ms\", \"rate >= 100k/s\" or \"lost == 0\""},
      {"budget = [\"p95 < 5ms\", 5]\n",
       "a.toml:3:24: budget: must be a string such as \"p95 < 5ms\", not 5"},
      {"budget = [\"p95 < 5ms\", \"p95 > 5ms\"]\n",
       "a.toml:3:24: budget: \"p95 > 5ms\" is not a budget: a latency is limited with < or <=; "
       "write it as in \"p95 < 5ms\", \"rate >= 100k/s\" or \"lost == 0\""},
      {"budget = { p95 = \"5ms\" }\n",
       "a.toml:3:10: budget: must be a string such as \"p95 < 5ms\", not a table"},
      {"budget = [[\"lost == 0\"]]\n",
       "a.toml:3:11: budget: must be a string such as \"p95 < 5ms\", not a list"},
  };
  check_refusals(table, kOne);
}

TEST_CASE("tables and names in the wrong shape are refused with the right one") {
  const Table table{
      {"[[scenario]]\n", "a.toml:1:1: name: is missing; every scenario needs a name"},
      {"[[scenario]]\nname = \"one\"\n[[scenario]]\nname = \"one\"\n[[scenario]]\nname = \"one\"\n",
       "a.toml:3:1: name: \"one\" is the name of the scenario in line 1 too\na.toml:5:1: name: "
       "\"one\" is the name of the scenario in line 1 too"},
      {"[[scenario]]\nname = \"a\"\nbatch = [1, 2]\n[[scenario]]\nname = \"a/batch=2\"\n",
       "a.toml:4:1: name: \"a/batch=2\" is the name of the scenario in line 1 too"},
      {"[scenario]\nname = \"one\"\n",
       "a.toml:1:1: scenario: must be written [[scenario]], one for each scenario, not a table"},
      {"scenario = 5\n",
       "a.toml:1:12: scenario: must be written [[scenario]], one for each scenario, not 5"},
      {"scenario = [5]\n", "a.toml:1:13: scenario: must be a table [[scenario]], not 5"},
      {"scenario = []\n",
       "a.toml: has no [[scenario]]; write at least\n  [[scenario]]\n  name = \"first\"\n  "
       "transport = \"queue/spsc\"\n  load = \"100k/s\""},
      {"run = 5\n[[scenario]]\nname = \"one\"\n", "a.toml:1:1: run: must be a table [run], not 5"},
      {"[[run]]\nname = \"one\"\n", "a.toml:1:3: run: must be a table [run], not a list"},
      {"[defaults]\nname = \"one\"\n", "a.toml:2:1: name: belongs to one [[scenario]]"},
      {"[[defaults]]\nbatch = 1\n", "a.toml:1:3: defaults: must be a table [defaults], not a list"},
      {"payload = 64\n",
       "a.toml:1:1: unknown key \"payload\"; keys belong below [run], [defaults] or [[scenario]]"},
      {"scenarios = 5\n",
       "a.toml:1:1: unknown key \"scenarios\"; keys belong below [run], [defaults] or "
       "[[scenario]]"},
      {"[[scenaro]]\nname = \"one\"\n",
       "a.toml:1:3: unknown table \"scenaro\"; did you mean [[scenario]]?"},
      {"[machine]\nx = 1\n",
       "a.toml:1:2: unknown table \"machine\"; use [run], [defaults] or [[scenario]]"},
      {"[[scenario]]\nname = 5\n",
       "a.toml:2:8: name: must be 1 to 100 letters, digits or any of . _ - + = /, not 5"},
      {"[[scenario]]\nname = [\"a\", \"b\"]\n",
       "a.toml:2:8: name: must be 1 to 100 letters, digits or any of . _ - + = /, not a list"},
      {"[[scenario]]\nname = \"one\"\nname = \"two\"\n",
       "a.toml:3:8: not valid TOML: Error while parsing key-value pair: cannot redefine existing "
       "string 'name'"},
      {"[[scenario]]\nname = \"one\"\nduration = [\"1s\", \"2s\"]\n",
       "a.toml:3:12: duration: must be a duration with its unit, for example \"200ms\", not a "
       "list"},
      {"[[scenario]]\nname = \"one\"\ncapacity = 1979-05-27\n",
       "a.toml:3:12: capacity: must be a whole number from 1 to 67108864, not a date or time"},
  };
  check_refusals(table, "");
}

TEST_CASE("a --set that cannot be read names itself and the form to write") {
  const Table table{
      {"",
       "--set: \"\" is neither scenario.KEY=VALUE nor run.KEY=VALUE, for example "
       "scenario.load=100k/s"},
      {"load",
       "--set: \"load\" is neither scenario.KEY=VALUE nor run.KEY=VALUE, for example "
       "scenario.load=100k/s"},
      {"load=5k/s",
       "--set: \"load=5k/s\" is neither scenario.KEY=VALUE nor run.KEY=VALUE, for example "
       "scenario.load=100k/s"},
      {"scenario.load",
       "--set: \"scenario.load\" is neither scenario.KEY=VALUE nor run.KEY=VALUE, for example "
       "scenario.load=100k/s"},
      {"scenario=5",
       "--set: \"scenario=5\" is neither scenario.KEY=VALUE nor run.KEY=VALUE, for example "
       "scenario.load=100k/s"},
      {"scenario.lod=5", "--set scenario.lod: unknown key \"lod\"; did you mean \"load\"?"},
      {"run.x=5",
       "--set run.x: unknown key \"x\"; use warmup, duration, name, repetitions, order, until, "
       "at_most, retries, seed, cores, without, out, history, realtime, huge_pages, clock or "
       "missing_plugins"},
      {"defaults.batch=5",
       "--set: \"defaults.batch=5\" is neither scenario.KEY=VALUE nor run.KEY=VALUE, for example "
       "scenario.load=100k/s"},
      {"scenario.name=x", "--set scenario.name: cannot name every scenario alike"},
      {"scenario.batch=",
       "--set scenario.batch: batch: must be a whole number from 1 to 4096, not \"\""},
      {"scenario.batch=[]", "--set scenario.batch: batch: must not be an empty list"},
      {"scenario.batch=[1,,2]",
       "--set scenario.batch: batch: must be a whole number from 1 to 4096, not \"\""},
      {"scenario.batch=1\nb = 2",
       "--set scenario.batch: batch: must be a whole number from 1 to 4096, not \"1\\x0ab = 2\""},
      {"run.cores=[a]",
       "--set run.cores: cores: must be a CPU, or some such as \"2-5\", not \"a\""},
      {"scenario.batch=1979-05-27",
       "--set scenario.batch: batch: must be a whole number from 1 to 4096, not \"1979-05-27\""},
      {"=",
       "--set: \"=\" is neither scenario.KEY=VALUE nor run.KEY=VALUE, for example "
       "scenario.load=100k/s"},
      {"scenario.batch=\"2\"",
       "--set scenario.batch: batch: must be a whole number from 1 to 4096, not \"2\"; write 2"},
      {"scenario.load=[[1k/s]]",
       "--set scenario.load: load: \"[1k/s]\" is not a rate: it must begin with a number, for "
       "example \"100k/s\", or \"max\""},
  };
  for (const auto& row : table) {
    CAPTURE(row.first);
    ConfigOverrides overrides;
    overrides.set = {row.first};
    CHECK(refusal(kOne, overrides) == row.second);
  }
}

TEST_CASE("the last --set of a key wins and replaces what each scenario says, sweeps too") {
  const std::string text = "[defaults]\nload = [\"1k/s\", \"2k/s\"]\n" + kOne + "batch = [1, 2]\n";
  ConfigOverrides overrides;
  overrides.set = {"scenario.load=5k/s", "scenario.batch=8", "scenario.batch=4", "run.seed=7",
                   "run.seed=9"};
  const auto config = parse_config(text, "a.toml", overrides);
  REQUIRE(config.scenarios.size() == 1);
  CHECK(config.scenarios[0].name == "one");
  CHECK(config.scenarios[0].batch == 4);
  CHECK(config.scenarios[0].load == Load{MessageRate{5000}});
  CHECK(config.run.seed == 9);
  overrides.set = {"run.duration=3s"};
  CHECK(parse_config("[run]\nduration = \"2s\"\n" + kOne, "a.toml", overrides)
            .scenarios[0]
            .duration == std::chrono::seconds(3));
}

TEST_CASE("a sweep into more scenarios than anybody runs is refused before it is made") {
  std::string list = "[1";
  for (int i = 2; i <= 101; ++i) list += ", " + std::to_string(i);
  const std::string sweep = "payload = " + list + "]\nproducers = " + list + "]\n";
  CHECK(refusal(kOne + sweep) == "a.toml:1:1: sweeps into more than 10000 scenarios");
  const std::string half = "batch = [1, 2]\npayload = " + list +
                           "]\nproducers = " + list.substr(0, list.find(", 31")) + "]\n";
  CHECK(refusal(kOne + half + "[[scenario]]\nname = \"two\"\n" + half) ==
        "a.toml:6:1: makes more than 10000 scenarios in all");
}

TEST_CASE("nesting of any depth is refused without harm") {
  const std::string brackets(5000, '[');
  CHECK(refusal("a = " + brackets).find("not valid TOML") != std::string::npos);
  std::string dots = "a";
  for (int i = 0; i < 400'000; ++i) dots += ".a";
  const std::string_view too_many = "a.toml: has far too many dots in its keys, so it is no config";
  CHECK(refusal(dots + " = 1") == too_many);
  CHECK(refusal("[" + dots + "]") == too_many);
  CHECK(refusal("s = \"\"\"x\"\"\"\"\"\n" + dots + " = 1") == too_many);
  CHECK(refusal("t = {a = '''x'''', " + dots + " = 1}") == too_many);
  ConfigOverrides overrides;
  for (const auto& value : {'{' + dots + " = 1}", "1\n" + dots + " = 1", brackets}) {
    overrides.set = {"scenario.batch=" + value};
    CHECK(refusal(kOne, overrides).starts_with("--set scenario.batch: batch: must be a whole"));
  }
}

TEST_CASE("dots in texts and comments do not count as keys") {
  const std::string dots(2000, '.');
  CHECK(refusal("# " + dots + "\n" + kOne + "transport = \"" + dots + "\"\n") == "accepted");
}

TEST_CASE("of very many mistakes the first hundred are shown and the rest counted") {
  std::string text = "[run]\n";
  for (int i = 0; i < 150; ++i) text += "k" + std::to_string(i) + " = 1\n";
  try {
    static_cast<void>(parse_config(text, "a.toml"));
    FAIL("accepted");
  } catch (const ConfigError& error) {
    REQUIRE(error.diagnostics().size() == 101);
    CHECK(error.diagnostics().back().text() == "a.toml: 50 more mistakes");
  }
}

TEST_CASE("a pipe is read to its end, and mistakes in it have their place") {
  const TemporaryFolder folder;
  const auto fifo = folder.path() / "pipe.TOML";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(fifo) << kOne + "wait = \"park\"\n"; });
  const RunConfig config = load_config(fifo);
  writer.join();
  CHECK(config.run.name == "pipe");
  CHECK(config.scenarios.front().wait == WaitStrategy::park);
  std::thread another([&] { std::ofstream(fifo) << kOne + "wait = 5\n"; });
  CHECK(refusal_of_file(fifo).starts_with(fifo.string() + ":3:8: wait: must be"));
  another.join();
  CHECK(parse_config(kOne, "/dev/fd/63").run.name == "run");
  CHECK(parse_config(kOne, "<stdin>").run.name == "run");
}

TEST_CASE("a file that cannot be read says why") {
  const TemporaryFolder folder;
  const auto below_file = folder.path() / "plain" / "a.toml";
  std::ofstream(folder.path() / "plain") << "x";
  CHECK(refusal_of_file(below_file) ==
        below_file.string() + ": no such file; name a config such as bench_configs/quick.toml");
  const auto locked = folder.path() / "locked.toml";
  std::ofstream(locked) << kOne;
  std::filesystem::permissions(locked, std::filesystem::perms::none);
  const bool root_reads_all = geteuid() == 0;
  CHECK(refusal_of_file(locked) ==
        (root_reads_all ? "accepted" : locked.string() + ": cannot be read: Permission denied"));
  CHECK(refusal_of_file("/proc/self/mem").starts_with("/proc/self/mem: "));
  CHECK(refusal_of_file("/dev/zero") == "/dev/zero: is larger than 1 MiB, so it is no config file");
}

TEST_CASE("a run never takes a name that leads out of its folder") {
  for (const std::string file : {"..", "...toml", ".toml", "a/..", "/", "", "a b.toml"}) {
    CAPTURE(file);
    const auto name = parse_config(kOne, file).run.name;
    CHECK(!name.empty());
    CHECK(name.front() != '.');
    CHECK(name.find_first_of("/ ") == std::string::npos);
  }
}

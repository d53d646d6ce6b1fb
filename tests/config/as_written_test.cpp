// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "../support/configs.hpp"
#include "config/file.hpp"
#include "config/keys.hpp"
#include "config/writer.hpp"

using namespace busmark;
using testing::refusal;

namespace {

struct Row {
  std::string key;
  std::string written;  ///< A value as it stands in TOML.
  std::string outcome;
  std::string wanted;
};

std::string in_toml(const std::string& text) {
  if (text.starts_with('#')) return text.substr(1);
  return '"' + text + '"';
}

std::vector<Row> rows() {
  std::vector<Row> all;
  std::ifstream file(std::string(BUSMARK_SOURCE_ROOT) + "/tests/golden/config/as_written.tsv");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == '\t') {
        cells.emplace_back();
      } else {
        cells.back() += c;
      }
    }
    REQUIRE(cells.size() == 5);
    all.push_back({cells[1], in_toml(cells[2]), cells[3], cells[4]});
  }
  return all;
}

/// A config with this value; a key of [run] stands there.
std::string config_with(const Row& row, const std::string& value) {
  bool of_run = false;
  for (const RunKey& key : run_keys()) of_run = of_run || key.name == row.key;
  const std::string setting = row.key + " = " + value + "\n";
  return of_run ? "[run]\n" + setting + testing::kOne : testing::kOne + setting;
}

/// What the config means, all keys with their values.
std::string meaning(const std::string& text) {
  const RunConfig config = parse_config(text, "a.toml");
  REQUIRE(config.scenarios.size() == 1);
  return write_config(config.run, config.scenarios.front());
}

/// The values in `"4KiB" or "4kB"`.
std::vector<std::string> alternatives_in(const std::string& wanted) {
  const std::size_t at = wanted.find("\" or \"");
  if (at == std::string::npos) return {wanted};
  return {wanted.substr(0, at + 1), wanted.substr(at + 5)};
}

}  // namespace

TEST_CASE("each of the strings that people write means what they meant or is told the right one") {
  const std::vector<Row> all = rows();
  CHECK(all.size() >= 300);
  for (const Row& row : all) {
    CAPTURE(row.key);
    CAPTURE(row.written);
    CAPTURE(row.wanted);
    const std::string text = config_with(row, row.written);
    if (row.outcome == "taken") {
      CHECK(refusal(text) == "accepted");
      CHECK(meaning(text) == meaning(config_with(row, row.wanted)));
      continue;
    }
    const std::string why = refusal(text);
    CAPTURE(why);
    CHECK(why != "accepted");
    CHECK(why.find('\n') == std::string::npos);
    if (row.outcome == "named") {
      CHECK(why.find(row.wanted) != std::string::npos);
      continue;
    }
    CHECK(row.outcome == "told");
    CHECK(why.find("write " + row.wanted) != std::string::npos);
    for (const std::string& one : alternatives_in(row.wanted)) {
      CHECK(refusal(config_with(row, one)) == "accepted");
    }
  }
}

TEST_CASE("a flag takes a list of cores as noise --cores does") {
  const auto cores = [](const std::string& flag) {
    ConfigOverrides overrides;
    overrides.set = {"run.cores=" + flag};
    std::string text;
    for (const CpuId cpu : parse_config(testing::kOne, "a.toml", overrides).run.cores.cores) {
      text += std::to_string(index(cpu)) + " ";
    }
    return text;
  };
  CHECK(cores("0,1") == "0 1 ");
  CHECK(cores("2-5") == "2 3 4 5 ");
  CHECK(cores("7") == "7 ");
  CHECK(cores("[3,1]") == "3 1 ");
  CHECK(cores("3,1") == "3 1 ");
}

TEST_CASE("a budget that is there already in another spelling is refused with both places") {
  const auto refused = [](const std::string& lines) {
    return refusal(testing::kOne + "budget = " + lines);
  };
  CHECK(refused("[\"p95 < 5ms\", \"p95<5ms\"]") ==
        "a.toml:3:24: budget: \"p95<5ms\" says what \"p95 < 5ms\" says in line 3, column 11; leave "
        "one out");
  CHECK(refused("[\"p95 < 5ms\", \"p95.0 < 5000us\"]").find("says what") != std::string::npos);
  CHECK(
      refused("[\"lost == 0\", \"rate >= 1k/s\",\n \"rate>=1000/s\"]").find("in line 3, column") !=
      std::string::npos);
  CHECK(refused("[\"p95 < 5ms\", \"p95 <= 5ms\", \"p99 < 5ms\", \"p95 < 6ms\"]") == "accepted");
  CHECK(refusal(testing::kOne, {"scenario.budget=[\"p95<5ms\",\"p95 < 5ms\"]"}).find("says what") !=
        std::string::npos);
  CHECK(refusal(testing::kOne + "mix = [{ name = \"a\", weight = 1, budget = [\"max < 1s\", "
                                "\"max<1s\"] }]")
            .find("says what") != std::string::npos);
}

TEST_CASE("scenarios whose files would be one are refused with both names") {
  CHECK(refusal("[[scenario]]\nname = \"Echo\"\n[[scenario]]\nname = \"echo\"\n") ==
        "a.toml:3:1: name: \"echo\" differs from \"Echo\" in line 1 by case alone, so files named "
        "after them would be one where case does not matter; rename one");
  CHECK(refusal("[[scenario]]\nname = \"a\"\nload = [\"1k/s\"]\n[[scenario]]\nname = "
                "\"a/load=1k\"\n")
            .find("is the name of the scenario in line 1 too") != std::string::npos);
}

// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "config/file.hpp"

using namespace busmark;

namespace {

std::vector<std::string> shipped_configs() {
  std::vector<std::string> texts;
  for (const auto& entry :
       std::filesystem::directory_iterator(BUSMARK_SOURCE_ROOT "/bench_configs")) {
    std::ifstream file(entry.path());
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>{});
  }
  REQUIRE(!texts.empty());
  return texts;
}

class Mutator {
 public:
  explicit Mutator(std::vector<std::string> sources) : sources_(std::move(sources)) {}

  std::string next() {
    std::string text = sources_[below(sources_.size())];
    for (std::size_t changes = 1 + below(6); changes > 0 && !text.empty(); --changes) {
      change(text);
    }
    return text;
  }

 private:
  void change(std::string& text) {
    const std::size_t at = below(text.size());
    const std::size_t length = 1 + below(40);
    switch (below(6)) {
      case 0: text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
      case 1: text[at] = static_cast<char>(below(256)); break;
      case 2: text.erase(at, length); break;
      case 3: text.insert(at, std::string(text, below(text.size()), length)); break;
      case 4: text.insert(at, 1, "[]{}\"'=.,#\n0-"[below(13)]); break;
      default: {
        const std::string& other = sources_[below(sources_.size())];
        text.insert(at, other, below(other.size()), length);
      }
    }
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

  std::vector<std::string> sources_;
  std::mt19937_64 random_{20'240'229};
};

}  // namespace

TEST_CASE("a damaged config is read or refused with a place, whatever the damage") {
  Mutator mutator(shipped_configs());
  int read = 0;
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string text = mutator.next();
    CAPTURE(text);
    try {
      const auto config = parse_config(text, "a.toml");
      REQUIRE(!config.scenarios.empty());
      ++read;
    } catch (const ConfigError& error) {
      REQUIRE(!error.diagnostics().empty());
      for (const auto& one : error.diagnostics()) {
        REQUIRE(one.where.starts_with("a.toml"));
        REQUIRE(!one.message.empty());
      }
      ++refused;
    }
  }
  // Damage that only ever hit comments, or that only ever broke the syntax, would test nothing.
  CHECK(read > 250);
  CHECK(refused > 2500);
}

TEST_CASE("a damaged --set is read or refused") {
  Mutator mutator({"scenario.load=[10k/s, \"max\"]", "run.cores=[2, 3]",
                   "scenario.budget=p95 < 5ms", "scenario.payload=[64,1KiB]", "run.warmup=1500ms"});
  for (int i = 0; i < 3000; ++i) {
    ConfigOverrides overrides;
    overrides.set = {mutator.next()};
    CAPTURE(overrides.set.front());
    try {
      const auto config = parse_config("[[scenario]]\nname = \"one\"\n", "a.toml", overrides);
      REQUIRE(!config.scenarios.empty());
    } catch (const ConfigError& error) {
      REQUIRE(error.diagnostics().front().where.starts_with("--set"));
    }
  }
}

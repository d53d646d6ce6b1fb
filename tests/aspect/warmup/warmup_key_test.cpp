// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "config/file.hpp"
#include "config/writer.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

const std::string kRuled = "[[scenario]]\nname = \"one\"\n";

Scenario warmed_up_by(const std::string& value, const std::vector<std::string>& set = {}) {
  ConfigOverrides overrides;
  overrides.set = set;
  const std::string text = kRuled + "warmup = " + value + "\n";
  return parse_config(text, "w.toml", overrides).scenarios.front();
}

std::string refusal_of_warmup(const std::string& lines) {
  try {
    static_cast<void>(parse_config(kRuled + lines, "w.toml"));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("a warm-up is a time, or a rule with a limit") {
  CHECK_FALSE(warmed_up_by("\"300ms\"").warmup_ends_steady);
  CHECK(warmed_up_by("\"auto\"").warmup_ends_steady);
  CHECK(warmed_up_by("\"auto\"").warmup == 30s);
  CHECK(warmed_up_by("\"auto 4500ms\"").warmup_ends_steady);
  CHECK(warmed_up_by("\"auto 4500ms\"").warmup == 4500ms);
  // The later one wins as a whole.
  const Scenario plain = warmed_up_by("\"auto\"", {"scenario.warmup=50ms"});
  CHECK_FALSE(plain.warmup_ends_steady);
  CHECK(plain.warmup == 50ms);
  CHECK(warmed_up_by("\"50ms\"", {"scenario.warmup=auto 5s"}).warmup == 5s);
}

TEST_CASE("a preset of the run may be a rule, and one scenario may be without it") {
  const RunConfig config = parse_config(
      "[run]\nwarmup = \"auto\"\n[[scenario]]\nname = \"a\"\n[[scenario]]\nname = \"b\"\n"
      "warmup = \"0s\"\nstages = [\"1x for 1s\", \"2x for 1s\"]\n",
      "w.toml");
  CHECK(config.scenarios[0].warmup_ends_steady);
  CHECK_FALSE(config.scenarios[1].warmup_ends_steady);
}

TEST_CASE("a rule that is none, or whose limit cannot be, is refused with what to write") {
  for (const std::string value : {"auto 5", "auto fast", "auto 3999ms", "auto 25h", "auto  5s"}) {
    CAPTURE(value);
    CHECK(refusal_of_warmup("warmup = \"" + value + "\"\n") ==
          "w.toml:3:10: warmup: must be \"auto\" or \"auto 60s\" with a limit from 4s to 24h, not "
          "\"" +
              value + '"');
  }
  CHECK(refusal_of_warmup("warmup = 5\n").find("duration with its unit") != std::string::npos);
  CHECK(refusal_of_warmup("warmup = \"Auto\"\n") ==
        "w.toml:3:10: warmup: must be \"auto\", \"auto 60s\" or a duration such as \"200ms\", not "
        "\"Auto\"");
}

TEST_CASE("what is planned from a fixed moment on takes no warm-up by rule") {
  for (const auto& [lines, what] : std::vector<std::pair<std::string, std::string>>{
           {"stages = [\"1x for 1s\", \"2x for 1s\"]\n", "stages"},
           {"mix = [{ name = \"a\", weight = 1 }, { name = \"b\", weight = 1 }]\n", "a mix"},
           {"fault = \"stall at 100ms for 100ms\"\n", "a fault"}}) {
    CAPTURE(what);
    CHECK(refusal_of_warmup("warmup = \"auto\"\n" + lines) ==
          "w.toml:3:10: warmup: ends by itself, and " + what +
              " is planned from a fixed moment on; write a duration such as warmup = \"1s\" "
              "(scenario \"one\")");
  }
}

TEST_CASE("a rule is written as it was read") {
  const Scenario scenario = warmed_up_by("\"auto 5500ms\"");
  RunOptions run;
  run.name = "w";
  const std::string text = write_config(run, scenario, {});
  CHECK(text.find("\nwarmup = \"auto 5.5s\"") != std::string::npos);
  CHECK(parse_config(text, "again.toml").scenarios.front().warmup_ends_steady);
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "verb/ab/blocks.hpp"

namespace busmark {
namespace {

using Settings = std::vector<std::string>;

TEST_CASE("a side is a list of keys, of which those without a point belong to the scenarios") {
  CHECK(parse_side("transport=queue/spsc", "--a") == Settings{"scenario.transport=queue/spsc"});
  CHECK(parse_side("payload=64,run.realtime=true", "--a") ==
        Settings{"scenario.payload=64", "run.realtime=true"});
  CHECK(parse_side("load=1.5M/s", "--a") == Settings{"scenario.load=1.5M/s"});
}

TEST_CASE("commas within brackets, braces and quotes do not separate") {
  CHECK(parse_side("budget=[\"p95 < 5ms\",\"lost == 0\"],batch=8", "--a") ==
        Settings{"scenario.budget=[\"p95 < 5ms\",\"lost == 0\"]", "scenario.batch=8"});
  CHECK(parse_side("subjects=\"a,b.{0..9}\",batch=8", "--a") ==
        Settings{"scenario.subjects=\"a,b.{0..9}\"", "scenario.batch=8"});
}

TEST_CASE("what is no key with a value is refused with the flag and an example") {
  for (const char* text : {"queue/spsc", "=5", "payload=64,", "a=1,b"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(static_cast<void>(parse_side(text, "--b")), ConfigError);
  }
  try {
    static_cast<void>(parse_side("./build/busmark", "--b"));
  } catch (const ConfigError& error) {
    CHECK(std::string(error.what()).find("--b-binary") != std::string::npos);
  }
}

TEST_CASE("a side is told in the words that made it") {
  CHECK(AbSide{}.text() == "the config as it is");
  CHECK(AbSide{.settings = {"scenario.wait=park", "run.realtime=true"}, .program = {}}.text() ==
        "wait=park,run.realtime=true");
  CHECK(AbSide{.settings = {"scenario.wait=park"}, .program = "/opt/busmark"}.text() ==
        "wait=park by /opt/busmark");
  CHECK(AbSide{.settings = {}, .program = "/opt/busmark"}.text() == "/opt/busmark");
}

}  // namespace
}  // namespace busmark

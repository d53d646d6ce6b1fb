// SPDX-License-Identifier: Apache-2.0
#include "record/until.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "config/file.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

const std::string kPlain = "[[scenario]]\nname = \"one\"\n";

std::string until_refusal(std::string_view text) {
  try {
    static_cast<void>(parse_until(text));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST_CASE("a run ends when it is decided, as planned, or when percentiles are known") {
  CHECK(parse_until("decided") == Until{});
  CHECK(parse_until(" planned ").decided == false);
  const Until until = parse_until("p50:2%, p99.9 : 7.5%");
  CHECK(until.decided);
  REQUIRE(until.precise.size() == 2);
  CHECK(until.precise[0] == WantedPrecision{Percentile{500'000}, 0.02});
  CHECK(until.precise[1].percentile == Percentile{999'000});
  CHECK(until.precise[1].half_width == doctest::Approx(0.075));
}

TEST_CASE("the end of a run is written as it reads back") {
  for (const char* text : {"decided", "planned", "p99:5%", "p50:0.25%, p99.9:10%"}) {
    CHECK(to_string(parse_until(text)) == text);
  }
}

TEST_CASE("what is no end of a run is refused with what to write") {
  constexpr const char* kCure =
      "; write \"decided\", \"planned\" or percentiles such as \"p99:5%\"";
  CHECK(until_refusal("soon") ==
        std::string("\"soon\" is no end of a run: a percentile is written with "
                    "its precision, as in p99:5%") +
            kCure);
  CHECK(until_refusal("p99:0.1%").find("a precision is from 0.2% to 100%") != std::string::npos);
  CHECK(until_refusal("p99:101%").find("a precision is from 0.2% to 100%") != std::string::npos);
  CHECK(until_refusal("p99:5%,p99:1%").find("p99 is named twice") != std::string::npos);
  for (const char* text :
       {"", "p99", "p99:", "p99:5", "p99:5%,", "p101:5%", ":5%", "decided, p99:5%"}) {
    CAPTURE(text);
    CHECK(until_refusal(text).ends_with(kCure));
  }
}

TEST_CASE("a config says when enough is enough, and for how long it may take") {
  const RunConfig plain = parse_config(kPlain, "u.toml");
  CHECK(plain.run.until == Until{});
  CHECK(plain.run.at_most == 0ns);
  const RunConfig config =
      parse_config("[run]\nuntil = \"p95:5%\"\nat_most = \"60s\"\n" + kPlain, "u.toml");
  CHECK(config.run.until.precise.size() == 1);
  CHECK(config.run.at_most == 60s);
  ConfigOverrides overrides;
  overrides.set = {"run.until=planned", "run.at_most=90s"};
  const RunConfig set = parse_config(kPlain, "u.toml", overrides);
  CHECK_FALSE(set.run.until.decided);
  CHECK(set.run.at_most == 90s);
}

TEST_CASE("a wrong end of a run in a config is refused with its place") {
  CHECK_THROWS_WITH_AS(static_cast<void>(parse_config("[run]\nuntil = 5\n" + kPlain, "u.toml")),
                       "u.toml:2:9: until: must be \"decided\", \"planned\" or percentiles such as "
                       "\"p99:5%\", not 5",
                       ConfigError);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(parse_config("[run]\nuntil = \"p95\"\n" + kPlain, "u.toml")),
      doctest::Contains("u.toml:2:9: until: \"p95\" is no end of a run"), ConfigError);
  CHECK_THROWS_WITH_AS(
      static_cast<void>(parse_config("[run]\nat_most = \"10ms\"\n" + kPlain, "u.toml")),
      "u.toml:2:11: at_most: must be at least 1s, not \"10ms\"", ConfigError);
}

TEST_CASE("three times the planned repetitions may come on top, up to a thousand in all") {
  CHECK(most_repetitions(1) == 4);
  CHECK(most_repetitions(3) == 12);
  CHECK(most_repetitions(300) == 1000);
  CHECK(most_repetitions(1000) == 1000);
}

}  // namespace
}  // namespace busmark

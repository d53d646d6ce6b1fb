// SPDX-License-Identifier: Apache-2.0
#include "plan/plan_text.hpp"

#include <doctest/doctest.h>

namespace busmark {
namespace {

PlanText plan_of(const std::string& nats) {
  return {.file_name = "x.toml",
          .text = "[transport.nats]\n" + nats +
                  "\n[[scenario]]\nname = \"ann\"\ntransport = \"nats/wire\"\npayload = 64\n"};
}

std::optional<PlanText> blotted(const PlanText& plan) {
  return without_secrets(plan, read_plan_text(plan));
}

TEST_CASE("a plan is handed on without the secrets of its server, and reads as before") {
  const PlanText plan = plan_of(
      "url = \"nats://eve:pa55@127.0.0.1:1\"\nuser = \"ann\"\n"
      "password = 's3cret'");
  const auto kept = blotted(plan);
  REQUIRE(kept);
  for (const char* secret : {"eve", "pa55", "s3cret", "user = \"ann\""}) {
    CHECK(kept->text.find(secret) == std::string::npos);
  }
  const RunConfig config = read_plan_text(*kept);
  CHECK(config.run.nats.url == "nats://x@127.0.0.1:1");
  CHECK(config.scenarios.size() == 1);
}

TEST_CASE("a token is a secret, wherever it stands") {
  CHECK(blotted(plan_of("token = \"t0ken\""))->text.find("t0ken") == std::string::npos);
  CHECK(blotted(plan_of("url = \"nats://t0ken@h:1\""))->text.find("t0ken") == std::string::npos);
}

TEST_CASE("a plan without secrets is handed on as it is") {
  const PlanText plan = plan_of("url = \"nats://127.0.0.1:1\"");
  CHECK(*blotted(plan) == plan);
}

TEST_CASE("a secret that the text hides behind an escape is handed on in no form") {
  CHECK_FALSE(blotted(plan_of("password = \"a\\\"b\"")));
}

TEST_CASE("of two plans the first line that differs is named, else the command line") {
  const PlanText plan = plan_of("");
  PlanText other = plan;
  CHECK(difference(plan, other).empty());
  other.file_name = "moved.toml";
  CHECK(difference(plan, other).empty());
  other.set = {"run.seed=2"};
  CHECK(difference(plan, other) == "the options of the command line are others");
  other = plan_of("url = \"own\"");
  CHECK(difference(plan, other) == "the config has changed in line 2");
}

}  // namespace
}  // namespace busmark

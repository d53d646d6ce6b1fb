// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "support/text.hpp"
#include "verb/selftest/text.hpp"

namespace busmark {
namespace {

using testing::contains;

SelfTestResult one_case(SelfTestOutcome outcome) {
  SelfTestResult result;
  SelfTestCaseResult test;
  test.name = "loss";
  test.about = "every 125th";
  test.attempts = 1;
  test.checks.push_back({.quantity = "lost",
                         .programmed = 40,
                         .measured = 39,
                         .low = 40,
                         .high = 40,
                         .outcome = outcome});
  result.cases.push_back(test);
  return result;
}

TEST_CASE("a self-test that holds says so, with what was programmed and what was measured") {
  const std::string text = write_self_test_text(one_case(SelfTestOutcome::holds));
  CHECK(contains(text, "loss"));
  CHECK(contains(text, "40"));
  CHECK(contains(text, "39"));
  CHECK(contains(text, "1 of 1 cases hold"));
  CHECK_FALSE(contains(text, "WRONG"));
}

TEST_CASE("a wrong figure and an undecided one are told apart from a case that holds") {
  CHECK(contains(write_self_test_text(one_case(SelfTestOutcome::fails)), "WRONG"));
  CHECK(contains(write_self_test_text(one_case(SelfTestOutcome::undecided)), "NOT DECIDED"));
  CHECK(contains(write_self_test_text(one_case(SelfTestOutcome::undecided)), "0 of 1 cases hold"));
}

TEST_CASE("the costs stand beside the latency they are a share of") {
  SelfTestCosts costs;
  costs.overhead.null_publish = 20;
  costs.overhead.null_receive = 20;
  CHECK(contains(write_self_overhead_text(costs, Nanoseconds(200)), "20 %"));
  CHECK_FALSE(contains(write_self_overhead_text(costs, Nanoseconds(0)), "%"));
}

}  // namespace
}  // namespace busmark

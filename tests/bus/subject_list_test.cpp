// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/subject_list.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

namespace busmark {
namespace {

TEST_CASE("the subjects of several families are counted through") {
  const SubjectList list({"a.{0..1}", "b", "c.{5..6}.x"}, "run.");
  REQUIRE(list.count() == 5);
  CHECK(list.at(0) == "run.a.0");
  CHECK(list.at(1) == "run.a.1");
  CHECK(list.at(2) == "run.b");
  CHECK(list.at(4) == "run.c.6.x");
  CHECK(list.wildcard_of(1) == "run.a.*");
  CHECK(list.wildcard_of(2) == "run.b");
  CHECK(list.wildcards() == std::vector<std::string>{"run.a.*", "run.b", "run.c.*.x"});
}

TEST_CASE("families with the same pattern have it once") {
  CHECK(SubjectList({"a.{0..1}", "a.{2..9}"}).wildcards() == std::vector<std::string>{"a.*"});
}

TEST_CASE("a list needs families, and whole ones") {
  CHECK_THROWS_AS(SubjectList({}), std::invalid_argument);
  CHECK_THROWS_AS(SubjectList({"a", "b.{1..}"}), std::invalid_argument);
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/subject_template.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

namespace busmark {
namespace {

std::string refusal(std::string_view text) {
  try {
    const SubjectTemplate family(text);
    return "accepted";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST_CASE("a template without braces is a family of one") {
  const SubjectTemplate one("orders.eu");
  CHECK(one.count() == 1);
  CHECK(one.at(0) == "orders.eu");
  CHECK(one.wildcard() == "orders.eu");
  CHECK(one.literal());
}

TEST_CASE("braces count through their numbers, the last pair fastest") {
  const SubjectTemplate family("a{3..4}.b.{8..10}.c");
  CHECK(family.count() == 6);
  CHECK(family.at(0) == "a3.b.8.c");
  CHECK(family.at(2) == "a3.b.10.c");
  CHECK(family.at(3) == "a4.b.8.c");
  CHECK(family.at(5) == "a4.b.10.c");
}

TEST_CASE("the wildcard of a family replaces the tokens that vary, and only those") {
  CHECK(SubjectTemplate("chat.room.{0..999}").wildcard() == "chat.room.*");
  CHECK(SubjectTemplate("{0..9}.x.r{0..9}b").wildcard() == "*.x.*");
  CHECK(SubjectTemplate("a.{0..1}{0..1}.>").wildcard() == "a.*.>");
}

TEST_CASE("a family of patterns is no family of subjects") {
  CHECK(SubjectTemplate("noise.{0..9}.*").at(7) == "noise.7.*");
  CHECK_FALSE(SubjectTemplate("noise.{0..9}.*").literal());
}

TEST_CASE("a wrong template is refused with the part that is wrong") {
  CHECK(refusal("a.{0..9").find("does not close") != std::string::npos);
  CHECK(refusal("a.{9..0}").find("\"{9..0}\"") != std::string::npos);
  CHECK(refusal("a.{x..9}").find("{0..999}") != std::string::npos);
  CHECK(refusal("a.{000..010}").find("\"{000..010}\"") != std::string::npos);
  CHECK(refusal(std::string(5000, 'a')).find("4096 bytes") != std::string::npos);
  CHECK(refusal("a.{}").find("\"{}\"") != std::string::npos);
  CHECK(refusal("a.{-1..9}").find("\"{-1..9}\"") != std::string::npos);
  CHECK(refusal("a.{0..18446744073709551615}").find("more than 10000000") != std::string::npos);
  CHECK(refusal("{0..99999}.{0..99999}").find("more than 10000000") != std::string::npos);
  CHECK(refusal("a..{0..9}") != "accepted");
  CHECK(refusal("a b.{0..9}") != "accepted");
  CHECK(refusal("") != "accepted");
}

}  // namespace
}  // namespace busmark

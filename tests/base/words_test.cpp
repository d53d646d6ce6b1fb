// SPDX-License-Identifier: Apache-2.0
#include "base/words.hpp"

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace busmark {
namespace {

using Words = std::vector<std::string_view>;

TEST_CASE("a text is cut into words at spaces, tabs and newlines, however many there are") {
  CHECK(words_of("kill at 500ms") == Words{"kill", "at", "500ms"});
  CHECK(words_of(" \tkill   at\r\n500ms\n") == Words{"kill", "at", "500ms"});
  CHECK(words_of("").empty());
  CHECK(words_of(" \t\r\n").empty());
}

TEST_CASE("a list is cut at its commas, and an empty part is one") {
  CHECK(split_list("a, b,,c") == Words{"a", " b", "", "c"});
  CHECK(split_list("") == Words{""});
}

TEST_CASE("a trimmed text keeps what stands between its words") {
  CHECK(trimmed("\t p95  < 5ms \n") == "p95  < 5ms");
  CHECK(trimmed("p95") == "p95");
  CHECK(trimmed("").empty());
  CHECK(trimmed(" \t\r\n").empty());
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "busmark/core/quote.hpp"

#include <doctest/doctest.h>

using namespace busmark;

TEST_CASE("plain text is only put in quotes") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("queue/spsc") == "\"queue/spsc\"");
  CHECK(quoted("5 µs € 😀") == "\"5 µs € 😀\"");
}

TEST_CASE("nothing that a terminal obeys gets through") {
  CHECK(quoted("\x1b[2J\n\x7f") == "\"\\x1b[2J\\x0a\\x7f\"");
  CHECK(quoted("\xc2\x9b") == "\"\\xc2\\x9b\"");           // C1 control sequence introducer.
  CHECK(quoted("\xe2\x80\xae") == "\"\\xe2\\x80\\xae\"");  // Right-to-left override.
  CHECK(quoted(std::string_view("a\0b", 3)) == "\"a\\x00b\"");
}

TEST_CASE("bytes that are no UTF-8 are shown by their number") {
  CHECK(quoted("\xff") == "\"\\xff\"");
  CHECK(quoted("\xc3") == "\"\\xc3\"");                    // Cut off.
  CHECK(quoted("\xc0\xaf") == "\"\\xc0\\xaf\"");           // Overlong.
  CHECK(quoted("\xed\xa0\x80") == "\"\\xed\\xa0\\x80\"");  // Surrogate.
  CHECK(quoted("\xf4\x90\x80\x80") == "\"\\xf4\\x90\\x80\\x80\"");
}

TEST_CASE("long text is cut between characters") {
  CHECK(quoted("abcdef", 6) == "\"abcdef\"");
  CHECK(quoted("abcdefg", 6) == "\"abcdef...\"");
  CHECK(quoted("ééé", 2) == "\"éé...\"");
}

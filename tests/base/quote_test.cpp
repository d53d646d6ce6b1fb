// SPDX-License-Identifier: Apache-2.0
#include "base/quote.hpp"

#include <doctest/doctest.h>

using namespace busmark;

TEST_CASE("plain text is only put in quotes") {
  CHECK(in_quotes("") == "\"\"");
  CHECK(in_quotes("queue/spsc") == "\"queue/spsc\"");
  CHECK(in_quotes("5 µs € 😀") == "\"5 µs € 😀\"");
}

TEST_CASE("nothing that a terminal obeys gets through") {
  CHECK(in_quotes("\x1b[2J\n\x7f") == "\"\\x1b[2J\\x0a\\x7f\"");
  CHECK(in_quotes("\xc2\x9b") == "\"\\xc2\\x9b\"");           // C1 control sequence introducer.
  CHECK(in_quotes("\xe2\x80\xae") == "\"\\xe2\\x80\\xae\"");  // Right-to-left override.
  CHECK(in_quotes(std::string_view("a\0b", 3)) == "\"a\\x00b\"");
}

TEST_CASE("bytes that are no UTF-8 are shown by their number") {
  CHECK(in_quotes("\xff") == "\"\\xff\"");
  CHECK(in_quotes("\xc3") == "\"\\xc3\"");                    // Cut off.
  CHECK(in_quotes("\xc0\xaf") == "\"\\xc0\\xaf\"");           // Overlong.
  CHECK(in_quotes("\xed\xa0\x80") == "\"\\xed\\xa0\\x80\"");  // Surrogate.
  CHECK(in_quotes("\xf4\x90\x80\x80") == "\"\\xf4\\x90\\x80\\x80\"");
}

TEST_CASE("long text is cut between characters") {
  CHECK(in_quotes("abcdef", 6) == "\"abcdef\"");
  CHECK(in_quotes("abcdefg", 6) == "\"abcdef...\"");
  CHECK(in_quotes("ééé", 2) == "\"éé...\"");
}

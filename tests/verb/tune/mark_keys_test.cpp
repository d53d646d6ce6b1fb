// SPDX-License-Identifier: Apache-2.0
#include "verb/tune/mark_keys.hpp"

#include <string>

#include <doctest/doctest.h>

namespace busmark {
namespace {

TEST_CASE("m marks and what is typed then until Enter is the name") {
  MarkKeys keys;
  CHECK_FALSE(keys.take("x").mark);
  MarkOrders orders = keys.take("m");
  CHECK(orders.mark);
  CHECK(keys.typing() == "");
  orders = keys.take(
      "quiet irq\x7f"
      "q");  // letters that would be commands otherwise
  CHECK_FALSE(orders.quit);
  CHECK_FALSE(orders.mark);
  CHECK(keys.typing() == "quiet irq");
  orders = keys.take("s\n");
  CHECK(orders.name == "quiet irqs");
  CHECK_FALSE(keys.typing());
  CHECK(keys.take("q").quit);
}

TEST_CASE("Escape and an empty name leave the mark without one") {
  MarkKeys keys;
  CHECK_FALSE(keys.take("mabc\x1b").name);
  CHECK_FALSE(keys.typing());
  const MarkOrders orders = keys.take("m\r");
  CHECK(orders.mark);
  CHECK_FALSE(orders.name);
}

TEST_CASE("a name is kept short and is corrected by whole characters") {
  MarkKeys keys;
  static_cast<void>(keys.take("m" + std::string(500, 'x')));
  CHECK(keys.typing()->size() == 60);
  static_cast<void>(keys.take("\x1bm\xc3\xa4\x7f"));
  CHECK(keys.typing() == "");
  static_cast<void>(keys.take("\x7f\x7fz"));
  CHECK(keys.typing() == "z");
}

TEST_CASE("lines mark with or without a name, in whatever pieces they come") {
  MarkLines lines;
  CHECK_FALSE(lines.take("m gov").mark);
  const MarkOrders orders = lines.take("ernor\r\nhello\n");
  CHECK(orders.mark);
  CHECK(orders.name == "governor");
  CHECK_FALSE(lines.take("mm\n").mark);
  CHECK(lines.take("m\n").mark);
  CHECK_FALSE(lines.take("q").quit);
  CHECK(lines.take("\n").quit);
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "base/table.hpp"

namespace busmark {
namespace {

TEST_CASE("columns are as wide as their widest cell and rows end without spaces") {
  TextTable table({{"name", Align::left}, {"n"}, {"verdict", Align::left}});
  table.add({"a", "1000", "PASS"});
  table.add({"longer", "2", "FAIL"}, {"<", ">"});
  CHECK(table.text() ==
        "name       n  verdict\n"
        "a       1000  PASS\n"
        "longer     2  <FAIL>\n");
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "aspect/fault/fault.hpp"

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

namespace busmark {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a fault is read as it is written, and written as it was read") {
  for (const FaultKind kind : kAllFaults) {
    const Fault fault{.kind = kind, .at = 500ms, .lasts = is_moment(kind) ? 0ns : 1500ms};
    CHECK(parse_fault(to_string(fault)) == fault);
  }
  CHECK(parse_fault(" kill  at 1s\tfor 20ms ") ==
        Fault{.kind = FaultKind::kill, .at = 1s, .lasts = 20ms});
  CHECK(parse_fault("oversize at 1s").end() == 1s);
}

TEST_CASE("what is no fault is refused with what is wrong and what to write") {
  const auto why = [](const char* text) -> std::string {
    try {
      static_cast<void>(parse_fault(text));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "nothing";
  };
  CHECK(why("") == "the fault is missing; write one such as \"kill at 500ms for 1s\"");
  CHECK(why("kil at 1s for 1s").find("(did you mean \"kill\"?)") != std::string::npos);
  CHECK(why("none at 1s for 1s").find("unknown fault \"none\"") == 0);
  CHECK(why("kill at 1s") == "a fault is written \"kill at 500ms for 1s\"");
  CHECK(why("kill for 1s at 1s") == "a fault is written \"kill at 500ms for 1s\"");
  CHECK(why("oversize at 1s for 1s") == "a fault is written \"oversize at 500ms\"");
  CHECK(why("kill at 1 for 1s") != "nothing");
  CHECK(why("kill at 1s for 1us") == "a fault lasts for at least 1ms");
}

}  // namespace
}  // namespace busmark

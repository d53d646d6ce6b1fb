// SPDX-License-Identifier: Apache-2.0
#include "tell/annotations.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using busmark::Annotation;
using busmark::write_worst;

TEST_CASE("of many annotations the ten worst are shown, errors first, and the rest is counted") {
  using Level = Annotation::Level;
  std::vector<Annotation> all;
  for (int i = 0; i < 840; ++i) {
    all.push_back({Level::warning, -0.001 * i, "w" + std::to_string(i), "warned"});
  }
  for (int i = 0; i < 8; ++i) {
    all.push_back({Level::error, -0.001 * i, "e" + std::to_string(i), "failed"});
  }
  const std::string text = write_worst(all);
  CHECK(std::count(text.begin(), text.end(), '\n') == 11);
  CHECK(text.starts_with("::error title=e7::failed\n::error title=e6::failed\n"));
  CHECK(text.find("::warning title=w839::warned\n::warning title=w838::warned\n::notice") !=
        std::string::npos);
  CHECK(text.ends_with("::notice title=busmark::838 more; the summary of the step has them all\n"));
}

TEST_CASE("ten annotations or fewer are shown as they are") {
  CHECK(write_worst({}).empty());
  const std::vector<Annotation> ten(10, {Annotation::Level::error, 0, "t", "m"});
  const std::string text = write_worst(ten);
  CHECK(std::count(text.begin(), text.end(), '\n') == 10);
  CHECK(text.find("more") == std::string::npos);
}

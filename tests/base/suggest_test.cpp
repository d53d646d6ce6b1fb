// SPDX-License-Identifier: Apache-2.0
#include "base/suggest.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace busmark;

namespace {
constexpr std::array<std::string_view, 6> kNames{"payload", "load",   "producers",
                                                 "wait",    "warmup", "on_full"};
}

TEST_CASE("a slip of the finger finds the name that was meant") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"paylod", "payload"}, {"payloads", "payload"},    {"paylaod", "payload"},
      {"laod", "load"},      {"PRODUCERS", "producers"}, {"producer", "producers"},
      {"warm_up", "warmup"}, {"onfull", "on_full"},      {"on-full", "on_full"},
      {"prod", "producers"}, {"load", "load"},           {"wiat", "wait"},
  };
  for (const auto& row : table) {
    CAPTURE(row.first);
    REQUIRE(nearest_name(row.first, kNames).has_value());
    CHECK(*nearest_name(row.first, kNames) == row.second);
  }
}

TEST_CASE("a word that resembles nothing gets no suggestion") {
  for (const std::string word : {"", "x", "colour", "w", "zzzzzz"}) {
    CAPTURE(word);
    CHECK_FALSE(nearest_name(word, kNames).has_value());
  }
  CHECK_FALSE(nearest_name(std::string(100'000, 'p'), kNames).has_value());
  CHECK_FALSE(nearest_name("load", {}).has_value());
}

TEST_CASE("a beginning that fits two names is no suggestion") {
  const std::array<std::string_view, 2> names{"producers", "product_name"};
  CHECK_FALSE(nearest_name("prod", names).has_value());
}

TEST_CASE("without a near name all names are listed") {
  CHECK(suggestion("colour", kNames) == "use payload, load, producers, wait, warmup or on_full");
  CHECK(suggestion("paylod", kNames) == "did you mean \"payload\"?");
}

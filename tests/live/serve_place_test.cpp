// SPDX-License-Identifier: Apache-2.0
#include "live/serve_place.hpp"

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

namespace busmark {
namespace {

/// CPUs 0 and 2 are one core, 1 and 3 the other.
Topology two_cores_of_two_threads() {
  Topology topology;
  for (int i = 0; i < 4; ++i) {
    topology.cpus.push_back({.id = CpuId{i}, .core = i % 2, .package = 0, .cache = 0, .node = 0});
  }
  return topology;
}

TEST_CASE("a port alone means loopback, and so do its names") {
  for (const char* text : {"9464", "127.0.0.1:9464", "localhost:9464", "[::1]:9464"}) {
    CAPTURE(text);
    const ServeAddress address = parse_serve_address(text);
    CHECK(address.port == 9464);
    CHECK(address.loopback);
  }
  CHECK(parse_serve_address("[::1]:0").host == "::1");
}

TEST_CASE("an address that others can reach is known as such") {
  for (const char* text : {"0.0.0.0:9464", "[::]:9464", "192.0.2.1:9464"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_serve_address(text).loopback);
  }
}

TEST_CASE("an address that leaves a doubt is refused") {
  for (const char* text :
       {"", ":", ":9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+1", "127.0.0.1:80x", " 9464", "host:80", "::1", "::1:9464", "[127.0.0.1]:80",
        "[localhost]:80", "[]:80", "[::1]", "http://127.0.0.1:80", "127.1:80"}) {
    CAPTURE(text);
    CHECK_THROWS_AS((void)parse_serve_address(text), ConfigError);
  }
}

TEST_CASE("the core apart is the last one that no measured core shares") {
  const Topology topology = two_cores_of_two_threads();
  const auto chosen = core_apart(topology, {CpuId{0}, CpuId{2}});
  REQUIRE(chosen);
  CHECK(index(chosen->cpu) == 3);
  CHECK_FALSE(chosen->sibling);
  const auto before = core_apart(topology, {CpuId{1}});  // 3 is the last, but its sibling
  REQUIRE(before);
  CHECK(index(before->cpu) == 2);
  CHECK_FALSE(before->sibling);
}

TEST_CASE("beside a measured sibling is better than nowhere, and is said") {
  const auto chosen = core_apart(two_cores_of_two_threads(), {CpuId{0}, CpuId{1}});
  REQUIRE(chosen);
  CHECK(index(chosen->cpu) == 3);
  CHECK(chosen->sibling);
}

TEST_CASE("where every core is measured none is apart") {
  CHECK_FALSE(core_apart(two_cores_of_two_threads(), {CpuId{0}, CpuId{1}, CpuId{2}, CpuId{3}}));
}

}  // namespace
}  // namespace busmark

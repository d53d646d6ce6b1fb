// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <doctest/doctest.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

TEST_CASE("every file of the fuzzing corpus is survived") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(BUSMARK_FUZZ_CORPUS)) {
    const std::string name = entry.path().filename();
    CAPTURE(name);
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> content{std::istreambuf_iterator<char>(file), {}};
    REQUIRE(file);
    const std::vector<std::uint8_t> bytes(content.begin(), content.end());
    CHECK(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()) == 0);
    ++files;
  }
  CHECK(files > 0);
}

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace busmark::testing {

/// The recorded text of `tests/golden/<name>`. With BUSMARK_UPDATE_GOLDEN set, `actual` is recorded
/// first: look at the difference before you commit it.
inline std::string golden(const std::string& name, const std::string& actual) {
  const std::filesystem::path path = std::filesystem::path(BUSMARK_TEST_DATA) / name;
  if (std::getenv("BUSMARK_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace busmark::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace busmark {

/// What is wrong, and where in the document.
struct Mistake {
  std::string path;
  std::string what;
};

/// A value's place: a chain up the stack, spelt out only in case of a mistake.
struct ResultPlace {
  const ResultPlace* parent = nullptr;
  std::string_view key;
  std::size_t index = 0;

  [[nodiscard]] std::string text() const {
    if (parent == nullptr) return {};
    const std::string above = parent->text();
    if (key.empty()) return fmt::format("{}[{}]", above, index);
    return above.empty() ? std::string(key) : fmt::format("{}.{}", above, key);
  }
  [[noreturn]] void wrong(const std::string& what) const { throw Mistake{text(), what}; }
};

}  // namespace busmark

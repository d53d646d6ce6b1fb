// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/scenario.hpp"
#include "toml/tree.hpp"

namespace busmark {

// Values as a config file has them, each the way people write it where that reads back to the same.

[[nodiscard]] std::string to_toml(std::string_view text);
[[nodiscard]] inline std::string to_toml(const std::string& text) {
  return to_toml(std::string_view(text));
}
[[nodiscard]] inline std::string to_toml(const char* text) {
  return to_toml(std::string_view(text));
}
[[nodiscard]] std::string to_toml(const std::vector<std::string>& texts);
[[nodiscard]] std::string to_toml(bool value);
[[nodiscard]] std::string to_toml(Nanoseconds duration);
[[nodiscard]] std::string to_toml(const Load& load);
[[nodiscard]] std::string to_toml(const CoreChoice& cores);
[[nodiscard]] std::string to_toml(const std::vector<Budget>& budgets);
[[nodiscard]] std::string to_toml(const Value& value);
/// A count where they are numbered, else the template.
[[nodiscard]] std::string subjects_to_toml(const std::string& subjects);

/// `above 0, to 24h`: what a duration may be.
[[nodiscard]] std::string duration_range(Nanoseconds least);

}  // namespace busmark

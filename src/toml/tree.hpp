// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "busmark/base/error.hpp"

namespace busmark {

/// Where a value was written: a line of the file, or (line 0) a flag.
struct Place {
  std::string source;  ///< File name or `--set scenario.load`.
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// TOML without its library: a tree in the order of the file, each node with its place.
struct Value {
  struct Entry;
  using List = std::vector<Value>;
  using Table = std::vector<Entry>;
  struct Date {};

  std::variant<std::string, std::int64_t, double, bool, Date, List, Table> data;
  Place at;

  /// How a message shows it: `"text"`, `5`, `a list`.
  [[nodiscard]] std::string shown() const;
};

struct Value::Entry {
  std::string key;
  Place at;
  Value value;
};

/// Collects mistakes; `raise` throws the first 100 of them in the order of their places.
class Problems {
 public:
  void add(const Place& at, std::string_view key, std::string message);
  [[nodiscard]] bool empty() const noexcept { return found_.empty(); }
  void raise();

 private:
  std::vector<std::pair<Place, Diagnostic>> found_;
  std::set<std::string> known_;
};

/// Throws ConfigError with the first mistake in the syntax.
[[nodiscard]] Value::Table parse_tree(std::string_view text, const std::string& file_name);
/// The value of a `--set`, as ConfigOverrides::set says.
[[nodiscard]] Value parse_flag_value(std::string_view text, const Place& at);

}  // namespace busmark

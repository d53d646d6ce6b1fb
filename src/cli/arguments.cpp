// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

namespace busmark {

std::string Argument::long_name() const {
  const std::size_t dashes = name.find("--");
  return dashes == std::string::npos ? std::string() : name.substr(dashes + 2);
}

std::string Argument::short_name() const {
  return is_operand() || name.starts_with("--") ? std::string() : name.substr(1, 1);
}

std::vector<Argument> join(std::initializer_list<std::vector<Argument>> tables) {
  std::vector<Argument> all;
  for (const std::vector<Argument>& table : tables)
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

}  // namespace busmark

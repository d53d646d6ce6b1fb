// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

namespace busmark {

nlohmann::ordered_json json_number(std::optional<double> value) {
  return value && std::isfinite(*value) ? nlohmann::ordered_json(*value) : nullptr;
}

nlohmann::ordered_json json_nanoseconds(std::optional<Nanoseconds> value) {
  return value && *value != Nanoseconds::max() ? nlohmann::ordered_json(value->count()) : nullptr;
}

nlohmann::ordered_json json_text(std::string_view text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

}  // namespace busmark

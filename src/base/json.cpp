// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <nlohmann/json.hpp>

namespace busmark {

nlohmann::ordered_json json_nanoseconds(std::optional<Nanoseconds> value) {
  return value && *value != Nanoseconds::max() ? nlohmann::ordered_json(value->count()) : nullptr;
}

}  // namespace busmark

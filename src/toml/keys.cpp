// SPDX-License-Identifier: Apache-2.0
#include "toml/keys.hpp"

#include <algorithm>

namespace busmark {

std::size_t place_in(std::span<const std::string_view> order, std::string_view name) noexcept {
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), name) - order.begin());
}

Found find_last(const std::vector<const Layer*>& layers, std::string_view name) {
  Found found;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const Layer::Setting& setting : layers[i]->settings) {
      if (setting.key->name == name) found = {i, &setting.value};
    }
  }
  return found;
}

}  // namespace busmark

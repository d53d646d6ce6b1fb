// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/field.hpp"
#include "record/plugin/plugin.hpp"

namespace busmark {

void fields(auto& io, Is<PluginReport> auto& plugin) {
  io.type("plugin");
  io("name", plugin.name, {"As in plugin/NAME."});
  io("file", plugin.file);
  io("title", plugin.title, {"What the plugin calls itself."});
  io("version", plugin.version);
  io("abi", plugin.abi, {.pattern = R"(^\d+\.\d+$)"});
  io("sha256", plugin.sha256, {.what = "Of the file.", .pattern = "^[0-9a-f]{64}$"});
}

void fields(auto& io, Is<DoorCost> auto& door) {
  io("batch", door.batch, {.least = 1});
  io.any_sign("added_ns", door.added_ns);
  io.any_sign("low_ns", door.low_ns);
  io.any_sign("high_ns", door.high_ns);
}

}  // namespace busmark

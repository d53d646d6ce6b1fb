// SPDX-License-Identifier: Apache-2.0
#include "tell/plugins.hpp"

#include <fmt/format.h>

namespace busmark {

std::vector<std::pair<std::string, std::string>> plugin_facts(const StoredRun& run) {
  constexpr std::size_t kEnough = 12;  // letters of a hash, to tell two files apart
  std::vector<std::pair<std::string, std::string>> facts;
  for (const PluginReport& plugin : run.plugins.value_or(std::vector<PluginReport>())) {
    facts.emplace_back("plugin", fmt::format("plugin/{}: {} {}, ABI {}, {}, sha256 {}...",
                                             plugin.name, plugin.title, plugin.version, plugin.abi,
                                             plugin.file, plugin.sha256.substr(0, kEnough)));
  }
  for (const DoorCost& door : run.door.value_or(std::vector<DoorCost>())) {
    facts.emplace_back("door", fmt::format("{:.2g} ns a message at batch {} ({:.2g} to {:.2g}): "
                                           "queue/spsc by a plugin's table, less called directly",
                                           door.added_ns, door.batch, door.low_ns, door.high_ns));
  }
  return facts;
}

}  // namespace busmark

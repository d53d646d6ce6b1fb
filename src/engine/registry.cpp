// SPDX-License-Identifier: Apache-2.0
#include "engine/registry.hpp"

#include <deque>
#include <vector>

#include <fmt/core.h>

#include "base/suggest.hpp"
#include "engine/drive/transport_groups.hpp"
#include "record/subjects.hpp"
#include "transport/plugin/plugin.hpp"

namespace busmark {
namespace {

const std::vector<TransportEntry>& entries() {
  static const std::vector<TransportEntry> all = [] {
    std::vector<TransportEntry> list;
    for (auto group :
         {queue_transport_entries(), bus_transport_entries(), nats_transport_entries(),
          client_transport_entries(), synthetic_transport_entries(), operation_entries()}) {
      list.insert(list.end(), group.begin(), group.end());
    }
    return list;
  }();
  return all;
}

/// Written while the process has one thread; entries stay at their places.
std::deque<TransportEntry>& plugin_entries() {
  static std::deque<TransportEntry> plugins;
  return plugins;
}

}  // namespace

std::span<const TransportEntry> all_transport_entries() noexcept { return entries(); }

const TransportEntry* find_transport(std::string_view name) noexcept {
  for (const TransportEntry& entry : entries()) {
    if (entry.info.name == name) return &entry;
  }
  for (const TransportEntry& entry : plugin_entries()) {
    if (entry.info.name == name) return &entry;
  }
  return nullptr;
}

const TransportEntry& add_plugin(const PluginChoice& choice) {
  const Plugin& plugin = load_plugin(choice);
  if (const TransportEntry* there = find_transport(plugin.transport)) return *there;
  return plugin_entries().emplace_back(plugin_transport_entry(plugin));
}

std::vector<std::string> transport_names() {
  std::vector<std::string> names;
  for (const TransportEntry& entry : entries()) names.emplace_back(entry.info.name);
  return names;
}

}  // namespace busmark

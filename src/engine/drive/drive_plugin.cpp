// SPDX-License-Identifier: Apache-2.0
#include "engine/drive/drive.hpp"
#include "engine/drive/transport_groups.hpp"
#include "transport/plugin/plugin_transport.hpp"

namespace busmark {

TransportEntry plugin_transport_entry(const Plugin& plugin) {
  return {info_of(plugin), &run_repetition<PluginTransport>, &why_unavailable<PluginTransport>,
          &server_place<PluginTransport>};
}

}  // namespace busmark

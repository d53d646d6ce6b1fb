// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/registry.hpp"

namespace busmark {

// The groups of all_transports.hpp, each compiled by itself.
[[nodiscard]] std::vector<TransportEntry> queue_transport_entries();
[[nodiscard]] std::vector<TransportEntry> bus_transport_entries();
[[nodiscard]] std::vector<TransportEntry> nats_transport_entries();
[[nodiscard]] std::vector<TransportEntry> client_transport_entries();
[[nodiscard]] std::vector<TransportEntry> synthetic_transport_entries();
/// The loops are one object for all plugins.
[[nodiscard]] TransportEntry plugin_transport_entry(const Plugin& plugin);
/// What is measured in the place of a transport: `op/...`.
[[nodiscard]] std::vector<TransportEntry> operation_entries();

}  // namespace busmark

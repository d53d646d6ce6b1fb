// SPDX-License-Identifier: Apache-2.0
#include "engine/drive/drive.hpp"
#include "engine/drive/transport_groups.hpp"

namespace busmark {

std::vector<TransportEntry> queue_transport_entries() {
  return make_entries(std::type_identity<QueueTransports>{});
}

}  // namespace busmark

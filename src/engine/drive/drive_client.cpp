// SPDX-License-Identifier: Apache-2.0
#include "engine/drive/drive.hpp"
#include "engine/drive/transport_groups.hpp"

namespace busmark {

std::vector<TransportEntry> client_transport_entries() {
  return make_entries(std::type_identity<ClientTransports>{});
}

}  // namespace busmark

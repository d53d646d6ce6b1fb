// SPDX-License-Identifier: Apache-2.0
#include "drive.hpp"
#include "transport_groups.hpp"

namespace busmark {

std::vector<TransportEntry> client_transport_entries() {
  return make_entries(std::type_identity<ClientTransports>{});
}

}  // namespace busmark

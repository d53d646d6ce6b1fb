// SPDX-License-Identifier: Apache-2.0
// Needs: libnng-dev -lnng
// nng over TCP on the loopback. The port is the kernel's choice.
#include "common/nng.hpp"

class NngTcp : public NngLink {
 public:
  explicit NngTcp(const busmark_options& options) : NngLink("tcp://127.0.0.1:0", options) {}
};

BUSMARK_FRAME_PLUGIN(NngTcp, "nng-tcp", "nng, TCP over the loopback", 0,
                     BUSMARK_ALLOCATES | BUSMARK_OWN_THREADS);

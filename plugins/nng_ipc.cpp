// SPDX-License-Identifier: Apache-2.0
// Needs: libnng-dev -lnng
// nng over a unix socket in the abstract namespace, which leaves no file behind.
#include "common/nng.hpp"

class NngIpc : public NngLink {
 public:
  explicit NngIpc(const busmark_options& options)
      : NngLink(("abstract://" + unused_name()).c_str(), options) {}
};

BUSMARK_FRAME_PLUGIN(NngIpc, "nng-ipc", "nng, ipc", 0, BUSMARK_ALLOCATES | BUSMARK_OWN_THREADS);

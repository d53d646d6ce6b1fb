// SPDX-License-Identifier: Apache-2.0
// Needs: libnng-dev -lnng
// nng between two threads of one process.
#include "common/nng.hpp"

class NngInproc : public NngLink {
 public:
  explicit NngInproc(const busmark_options& options)
      : NngLink(("inproc://" + unused_name()).c_str(), options) {}
};

BUSMARK_FRAME_PLUGIN(NngInproc, "nng-inproc", "nng, inproc", 0,
                     BUSMARK_ALLOCATES | BUSMARK_OWN_THREADS);

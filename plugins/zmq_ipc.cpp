// SPDX-License-Identifier: Apache-2.0
// Needs: libzmq3-dev -lzmq
// ZeroMQ over a unix socket in the abstract namespace, which leaves no file behind.
#include "common/zmq.hpp"

class ZmqIpc : public ZmqLink {
 public:
  explicit ZmqIpc(const busmark_options& /*options*/)
      : ZmqLink(("ipc://@" + unused_name()).c_str()) {}
};

BUSMARK_FRAME_PLUGIN(ZmqIpc, "zmq-ipc", "ZeroMQ, ipc", 0, BUSMARK_ALLOCATES | BUSMARK_OWN_THREADS);

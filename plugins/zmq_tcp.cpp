// SPDX-License-Identifier: Apache-2.0
// Needs: libzmq3-dev -lzmq
// ZeroMQ over TCP on the loopback. The port is the kernel's choice.
#include "common/zmq.hpp"

class ZmqTcp : public ZmqLink {
 public:
  explicit ZmqTcp(const busmark_options& /*options*/) : ZmqLink("tcp://127.0.0.1:*") {}
};

BUSMARK_FRAME_PLUGIN(ZmqTcp, "zmq-tcp", "ZeroMQ, TCP over the loopback", 0,
                     BUSMARK_ALLOCATES | BUSMARK_OWN_THREADS);

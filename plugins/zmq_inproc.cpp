// SPDX-License-Identifier: Apache-2.0
// Needs: libzmq3-dev -lzmq
// ZeroMQ between two threads of one process.
#include "common/zmq.hpp"

class ZmqInproc : public ZmqLink {
 public:
  explicit ZmqInproc(const busmark_options& /*options*/) : ZmqLink("inproc://busmark") {}
};

BUSMARK_FRAME_PLUGIN(ZmqInproc, "zmq-inproc", "ZeroMQ, inproc", 0, BUSMARK_ALLOCATES);

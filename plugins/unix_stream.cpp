// SPDX-License-Identifier: Apache-2.0
// A pair of unix stream sockets within the process.
#include <sys/socket.h>

#include "common/stream.hpp"

class UnixBus : public StreamBus {
 public:
  explicit UnixBus(const busmark_options& options) : StreamBus(options, open()) {}

 private:
  static Ends open() {
    int ends[2];
    checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends),
            "socketpair");
    return {ends[0], ends[1]};
  }
};

BUSMARK_PLUGIN(UnixBus, .name = "unix-stream", .version = "1", .summary = "unix stream sockets",
               .max_producers = 1, .max_consumers = 1, .patterns = BUSMARK_PATTERN_ONE_WAY,
               .flags = BUSMARK_CARRIES_BYTES);

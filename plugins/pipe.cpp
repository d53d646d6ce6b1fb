// SPDX-License-Identifier: Apache-2.0
// A pipe within the process: what the kernel asks for one copy in and one out.
#include <fcntl.h>

#include "common/stream.hpp"

class PipeBus : public StreamBus {
 public:
  explicit PipeBus(const busmark_options& options) : StreamBus(options, open()) {}

 private:
  static Ends open() {
    int ends[2];
    checked(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), "pipe");
    ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);  // as much as an unprivileged user gets
    return {ends[0], ends[1]};
  }
};

BUSMARK_PLUGIN(PipeBus, .name = "pipe", .version = "1", .summary = "a pipe", .max_producers = 1,
               .max_consumers = 1, .patterns = BUSMARK_PATTERN_ONE_WAY,
               .flags = BUSMARK_CARRIES_BYTES);

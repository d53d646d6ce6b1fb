// SPDX-License-Identifier: Apache-2.0
// A POSIX message queue. Its name is gone before the first message, so that nothing is left behind
// whatever ends. Capacity: what was asked for, where the kernel allows it: without privileges
// fs.mqueue.msg_max messages (10), and RLIMIT_MSGQUEUE bytes.
#include <fcntl.h>
#include <mqueue.h>

#include <fstream>

#include "common/frames.hpp"

class MessageQueue {
 public:
  explicit MessageQueue(const busmark_options& options) {
    const std::string name = '/' + unused_name();
    mq_attr wanted{};
    wanted.mq_msgsize = static_cast<long>(BUSMARK_HEADER_BYTES + options.payload);
    const long allowed = most_messages();
    wanted.mq_maxmsg = options.capacity;
    for (const bool again : {true, false}) {
      writer_ = ::mq_open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0600,
                          &wanted);
      if (writer_ >= 0 || !again || wanted.mq_maxmsg <= allowed) break;
      wanted.mq_maxmsg = allowed;
    }
    checked_call(writer_, "mq_open");
    reader_ = ::mq_open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ::mq_unlink(name.c_str());
    if (reader_ < 0) ::mq_close(writer_);
    checked_call(reader_, "mq_open");
    held_ = static_cast<std::uint64_t>(wanted.mq_maxmsg);
  }
  ~MessageQueue() {
    ::mq_close(reader_);
    ::mq_close(writer_);
  }
  MessageQueue(const MessageQueue&) = delete;
  MessageQueue& operator=(const MessageQueue&) = delete;

  bool send(const char* bytes, std::size_t size) noexcept {
    return ::mq_send(writer_, bytes, size, 0) == 0;
  }
  void flush() noexcept {}
  std::size_t receive(char* bytes, std::size_t room) noexcept {
    const ssize_t got = ::mq_receive(reader_, bytes, room, nullptr);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  void wait(std::int64_t timeout_ns) noexcept { wait_for_input(reader_, timeout_ns); }
  std::uint64_t capacity(std::uint64_t /*asked*/) const noexcept { return held_; }

 private:
  /// Without privileges.
  static long most_messages() {
    long number = 10;
    std::ifstream("/proc/sys/fs/mqueue/msg_max") >> number;
    return number;
  }

  mqd_t writer_ = -1;
  mqd_t reader_ = -1;
  std::uint64_t held_ = 0;
};

BUSMARK_FRAME_PLUGIN(MessageQueue, "posix-mq", "a POSIX message queue", 8192 - BUSMARK_HEADER_BYTES,
                     0);

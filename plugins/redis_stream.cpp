// SPDX-License-Identifier: Apache-2.0
// Needs: redis-server
// A stream of a redis-server of our own: XADD, and XREAD BLOCK of whatever came since the last
// entry, over TCP on the loopback. The server trims it to about what may be on the way.
#include "common/redis.hpp"

class RedisStream : public RedisLink {
 public:
  explicit RedisStream(const busmark_options& options)
      : RedisLink(options, kAround),
        before_("*8\r\n" + redis_word("XADD") + redis_word("b") + redis_word("MAXLEN") +
                redis_word("~") + redis_word(std::to_string(2 * options.capacity)) +
                redis_word("*") + redis_word("m")),
        question_("*8\r\n" + redis_word("XREAD") + redis_word("COUNT") +
                  redis_word(std::to_string(options.batch)) + redis_word("BLOCK") +
                  redis_word("0") + redis_word("STREAMS") + redis_word("b")) {
    writer_.reserve((before_.size() + BUSMARK_HEADER_BYTES + options.payload + kAround) *
                    (options.batch + 1));
    ask();
  }

  bool send(const char* bytes, std::size_t size) noexcept {
    writer_.say(before_);
    writer_.say("$", 1);
    say_number(writer_, size);
    writer_.say("\r\n", 2);
    writer_.say(bytes, size);
    writer_.say("\r\n", 2);
    return true;
  }
  void flush() noexcept {
    writer_.flush();
    writer_.ignore();  // their ids
  }
  std::size_t receive(char* bytes, std::size_t room) noexcept {
    if (const std::size_t size = take(bytes, room)) return size;
    reader_.listen();
    return take(bytes, room);
  }

 private:
  static constexpr std::size_t kAround = 128;
  /// For what comes behind the last entry.
  void ask() noexcept {
    reader_.say(question_);
    reader_.say("$", 1);
    say_number(reader_, last_size_);
    reader_.say("\r\n", 2);
    reader_.say(last_, last_size_);
    reader_.say("\r\n", 2);
    reader_.flush();
  }
  std::size_t take(char* bytes, std::size_t room) noexcept {
    if (reader_.heard().empty()) return 0;
    RedisReader reply(reader_.heard());
    std::size_t left = left_;
    if (left == 0) {  // [[b, [entry, ...]]]
      reply.count('*');
      reply.count('*');
      reply.word();
      left = reply.count('*');
    }
    reply.count('*');
    const std::string_view id = reply.word();
    reply.count('*');
    reply.word();  // m
    const std::string_view frame = reply.word();
    if (!reply.good() || frame.size() > room || id.size() > sizeof last_) return 0;
    std::memcpy(bytes, frame.data(), frame.size());
    std::memcpy(last_, id.data(), id.size());
    last_size_ = id.size();
    const std::size_t size = frame.size();
    left_ = left - 1;
    reader_.use(reply.used());
    if (left_ == 0) ask();
    return size;
  }

  std::string before_;
  std::string question_;
  std::size_t left_ = 0;  ///< Entries of the reply that are still to come.
  char last_[48] = "0";
  std::size_t last_size_ = 1;
};

BUSMARK_FRAME_PLUGIN(RedisStream, "redis-stream", "redis, a stream", 0, BUSMARK_OWN_THREADS);

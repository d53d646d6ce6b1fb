// SPDX-License-Identifier: Apache-2.0
// Needs: redis-server
// PUBLISH and SUBSCRIBE of a redis-server of our own, over TCP on the loopback.
#include "common/redis.hpp"

class RedisPubSub : public RedisLink {
 public:
  explicit RedisPubSub(const busmark_options& options) : RedisLink(options, kAround) {
    reader_.say(redis_words({"SUBSCRIBE", "b"}));
    reader_.flush();
    const std::string told = "*3\r\n" + redis_word("subscribe") + redis_word("b") + ":1\r\n";
    reader_.await(told.size());
    reader_.use(told.size());
  }

  bool send(const char* bytes, std::size_t size) noexcept {
    static constexpr std::string_view kBefore = "*3\r\n$7\r\nPUBLISH\r\n$1\r\nb\r\n$";
    writer_.say(kBefore.data(), kBefore.size());
    say_number(writer_, size);
    writer_.say("\r\n", 2);
    writer_.say(bytes, size);
    writer_.say("\r\n", 2);
    return true;
  }
  void flush() noexcept {
    writer_.flush();
    writer_.ignore();  // how many it has reached
  }
  std::size_t receive(char* bytes, std::size_t room) noexcept {
    if (const std::size_t size = take(bytes, room)) return size;
    reader_.listen();
    return take(bytes, room);
  }

 private:
  static constexpr std::size_t kAround = 64;
  std::size_t take(char* bytes, std::size_t room) noexcept {
    if (reader_.heard().empty()) return 0;
    RedisReader reply(reader_.heard());
    reply.count('*');
    reply.word();  // message
    reply.word();  // b
    const std::string_view frame = reply.word();
    if (!reply.good() || frame.size() > room) return 0;
    std::memcpy(bytes, frame.data(), frame.size());
    reader_.use(reply.used());
    return frame.size();
  }
};

BUSMARK_FRAME_PLUGIN(RedisPubSub, "redis-pubsub", "redis, PUBLISH and SUBSCRIBE", 0,
                     BUSMARK_OWN_THREADS);

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include "server.hpp"

/// A mosquitto of our own, and MQTT 3.1.1 by hand with a connection for either side. Its config
/// lies in memory; it queues without bound, as the count of FrameBus bounds it.
class MosquittoLink {
 public:
  /// `quality`: QoS, 0 or 1.
  MosquittoLink(const busmark_options& options, unsigned char quality)
      : quality_(quality),
        server_([this](std::uint16_t port) { return command(port); }),
        writer_(server_.connect(), 65536),
        reader_(server_.connect(), 65536 + room_of(options)) {
    writer_.reserve(room_of(options));
    reader_.reserve(4096 + 4 * options.batch);
    begin(writer_, 'w');
    begin(reader_, 'r');
    const char subscribe[] = {'\x82', 6, 0, 1, 0, 1, 'b', static_cast<char>(quality_)};
    reader_.say(subscribe, sizeof subscribe);
    reader_.flush();
    expect(reader_, {"\x90\x03\x00\x01", 4}, 5);
  }

  bool send(const char* bytes, std::size_t size) noexcept {
    const char first = static_cast<char>(0x30 | quality_ << 1);
    writer_.say(&first, 1);
    const std::size_t id = quality_ > 0 ? 2 : 0;
    for (std::size_t left = 3 + id + size;;) {  // seven bits at a time, the lowest first
      const char part = static_cast<char>((left & 127) | (left > 127 ? 128 : 0));
      writer_.say(&part, 1);
      if ((left >>= 7) == 0) break;
    }
    writer_.say("\0\1b", 3);
    if (id > 0) {
      if (++number_ == 0) number_ = 1;
      const char text[] = {static_cast<char>(number_ >> 8), static_cast<char>(number_ & 255)};
      writer_.say(text, sizeof text);
    }
    writer_.say(bytes, size);
    return true;
  }
  void flush() noexcept {
    writer_.flush();
    writer_.ignore();  // PUBACKs
  }
  std::size_t receive(char* bytes, std::size_t room) noexcept {
    if (const std::size_t size = take(bytes, room)) return size;
    reader_.flush();  // the PUBACKs of what the last call has taken
    reader_.listen();
    return take(bytes, room);
  }
  void wait(std::int64_t timeout_ns) noexcept { wait_for_input(reader_.file(), timeout_ns); }
  /// Numbers of packets have 16 bits.
  std::uint64_t capacity(std::uint64_t asked) const noexcept {
    return std::min<std::uint64_t>(asked, 30'000);
  }

 private:
  static std::size_t room_of(const busmark_options& options) {
    return (BUSMARK_HEADER_BYTES + options.payload + 16) * (options.batch + 1);
  }
  std::vector<std::string> command(std::uint16_t port) {
    // No CLOEXEC: the server reads it by the number that it has here.
    config_ = File(checked_call(::memfd_create("mosquitto.conf", 0), "memfd_create"));
    const std::string text =
        "listener " + std::to_string(port) +
        " 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
        "max_queued_messages 0\nmax_inflight_messages 0\nlog_dest none\n";
    if (::write(config_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw std::runtime_error("the config of mosquitto cannot be kept in memory");
    }
    return {"mosquitto", "-c", "/dev/fd/" + std::to_string(config_.get())};
  }
  static void expect(Talk& talk, std::string_view begins, std::size_t size) {
    talk.await(size);
    if (!talk.heard().starts_with(begins)) throw std::runtime_error("mosquitto refuses");
    talk.use(size);
  }
  static void begin(Talk& talk, char name) {
    const char connect[] = {'\x10', 13, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 1, name};
    talk.say(connect, sizeof connect);
    talk.flush();
    expect(talk, {"\x20\x02\x00\x00", 4}, 4);
  }
  std::size_t take(char* bytes, std::size_t room) noexcept {
    const std::string_view heard = reader_.heard();
    std::size_t at = 1;
    std::size_t left = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (at >= heard.size()) return 0;
      const auto part = static_cast<unsigned char>(heard[at++]);
      left |= static_cast<std::size_t>(part & 127) << shift;
      if (part < 128) break;
    }
    if (heard.size() < at + left) return 0;
    const auto kind = static_cast<unsigned char>(heard[0]);
    const std::size_t head = 3 + ((kind & 6) != 0 ? 2U : 0U);
    if ((kind & 0xf0) != 0x30 || left < head || left - head > room) {
      reader_.use(at + left);  // nothing that we have asked for
      return 0;
    }
    if (head == 5) {
      const char answer[] = {'\x40', 2, heard[at + 3], heard[at + 4]};
      reader_.say(answer, sizeof answer);
    }
    std::memcpy(bytes, heard.data() + at + head, left - head);
    reader_.use(at + left);
    return left - head;
  }

  unsigned char quality_;
  std::uint16_t number_ = 0;
  File config_;
  OwnServer server_;
  Talk writer_;
  Talk reader_;
};

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <initializer_list>
#include <string_view>

#include "server.hpp"

// The protocol of redis, RESP 2, as much of it as is needed.

inline std::string redis_word(std::string_view text) {
  return '$' + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}
inline std::string redis_words(std::initializer_list<std::string_view> words) {
  std::string text = '*' + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) text += redis_word(word);
  return text;
}

/// Reads a reply piece by piece; not good() where it has not all come, or is another.
class RedisReader {
 public:
  explicit RedisReader(std::string_view text) : text_(text) {}

  /// `*3` or `$104`.
  std::size_t count(char kind) noexcept {
    const std::size_t end = text_.find("\r\n", at_);
    std::size_t number = 0;
    if (end == std::string_view::npos || text_[at_] != kind) return fail();
    const auto read = std::from_chars(text_.data() + at_ + 1, text_.data() + end, number);
    if (read.ec != std::errc() || read.ptr != text_.data() + end) return fail();
    at_ = end + 2;
    return number;
  }
  std::string_view word() noexcept {
    const std::size_t size = count('$');
    if (!good_ || text_.size() - at_ < size + 2) {
      good_ = false;
      return {};
    }
    const std::string_view found = text_.substr(at_, size);
    at_ += size + 2;
    return found;
  }
  bool good() const noexcept { return good_; }
  std::size_t used() const noexcept { return at_; }

 private:
  std::size_t fail() noexcept {
    good_ = false;
    return 0;
  }
  std::string_view text_;
  std::size_t at_ = 0;
  bool good_ = true;
};

/// redis-server of our own, which keeps nothing on disk, and a connection for either side.
class RedisLink {
 public:
  RedisLink(const busmark_options& options, std::size_t around)
      : server_([](std::uint16_t port) {
          return std::vector<std::string>{"redis-server",
                                          "--port",
                                          std::to_string(port),
                                          "--bind",
                                          "127.0.0.1",
                                          "--save",
                                          "",
                                          "--appendonly",
                                          "no",
                                          "--dir",
                                          "/",
                                          "--client-output-buffer-limit",
                                          "pubsub 0 0 0"};
        }),
        writer_(server_.connect(), 65536),
        reader_(server_.connect(), 65536 + room_of(options, around)) {
    writer_.reserve(room_of(options, around));
    reader_.reserve(4096);
  }
  void wait(std::int64_t timeout_ns) noexcept { wait_for_input(reader_.file(), timeout_ns); }
  std::uint64_t capacity(std::uint64_t asked) const noexcept { return asked; }

 protected:
  /// A batch, with `around` bytes beside each frame.
  static std::size_t room_of(const busmark_options& options, std::size_t around) {
    return (BUSMARK_HEADER_BYTES + options.payload + around) * (options.batch + 1);
  }
  static void say_number(Talk& talk, std::size_t number) noexcept {
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, number).ptr;
    talk.say(text, static_cast<std::size_t>(end - text));
  }

  OwnServer server_;
  Talk writer_;
  Talk reader_;
};

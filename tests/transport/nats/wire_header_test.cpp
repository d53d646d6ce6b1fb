// SPDX-License-Identifier: Apache-2.0
#include "transport/nats/wire_header.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace busmark {
namespace {

Message through(const NatsHeader& header, const Message& message) {
  std::string bytes(header.payload(), 'x');
  header.write(bytes.data(), message, 77);
  Message read;
  REQUIRE(header.read(bytes, read));
  return read;
}

TEST_CASE("times and numbers of a message survive sixteen bytes") {
  for (const std::uint32_t payload : {16U, 19U, 20U, 64U}) {
    const std::int64_t epoch = std::int64_t{1} << 60;
    const NatsHeader header(epoch, payload);
    for (const std::int64_t away : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{12'345'678},
                                    (std::int64_t{1} << 50) - 1, -(std::int64_t{1} << 50)}) {
      for (const std::int64_t lag : {0, 1, 999, (1 << 27) - 1}) {
        Message message;
        message.due = epoch + away;
        message.sent = message.due + lag;
        message.sequence = NatsHeader::kMostSequence - 1;
        message.producer = NatsHeader::kMostProducers - 1;
        const Message read = through(header, message);
        CHECK(read.due == message.due);
        CHECK(read.sent == message.sent);
        CHECK(read.sequence == message.sequence);
        CHECK(read.producer == message.producer);
        CHECK(read.size == payload - header.size());
        CHECK(read.checksum == (payload < 20 ? 0 : 77));
      }
    }
  }
}

TEST_CASE("each bit of a number has a place of its own") {
  const NatsHeader header(0, 16);
  for (int bit = 0; bit < 35; ++bit) {
    Message message;
    message.sequence = std::uint64_t{1} << bit;
    const Message read = through(header, message);
    CHECK(read.sequence == message.sequence);
    CHECK(read.due == 0);
    CHECK(read.sent == 0);
    CHECK(read.producer == 0);
  }
}

TEST_CASE("a long lag keeps eight digits and is never longer than it was") {
  const NatsHeader header(0, 16);
  for (int bit = 27; bit < 58; ++bit) {
    Message message;
    message.due = 1000;
    message.sent = 1000 + (std::int64_t{1} << bit) + (std::int64_t{1} << (bit - 1)) + 12345;
    const Message read = through(header, message);
    const std::int64_t lost = message.sent - read.sent;
    CHECK(lost >= 0);
    CHECK(static_cast<double>(lost) < 1.5e-8 * static_cast<double>(message.sent));
  }
}

TEST_CASE("bytes of another length are not ours") {
  const NatsHeader header(0, 20);
  Message message;
  CHECK_FALSE(header.read(std::string(19, 'x'), message));
  CHECK_FALSE(header.read(std::string(21, 'x'), message));
  CHECK_FALSE(header.read("", message));
}

}  // namespace
}  // namespace busmark

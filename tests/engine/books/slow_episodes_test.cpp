// SPDX-License-Identifier: Apache-2.0
#include "engine/books/slow_episodes.hpp"

#include <doctest/doctest.h>

namespace busmark {
namespace {

Message message(std::int64_t due, std::uint64_t sequence) {
  Message message;
  message.due = due;
  message.sent = due + 1;
  message.sequence = sequence;
  message.producer = 3;
  return message;
}

TEST_CASE("nothing is kept unless it was asked for") {
  SlowEpisodes slow;
  slow.note(message(0, 0), 1'000'000'000);
  CHECK(slow.messages() == 0);
  CHECK(slow.worst().empty());
}

TEST_CASE("messages that were due while another was on its way make one episode with it") {
  SlowEpisodes slow;
  slow.arm(10);
  slow.note(message(100, 0), 110);  // as slow as allowed
  slow.note(message(200, 1), 300);
  slow.note(message(250, 2), 301);
  slow.note(message(301, 3), 340);
  slow.note(message(400, 4), 450);  // due behind the end of those
  CHECK(slow.messages() == 4);
  CHECK(slow.episodes() == 2);
  const std::vector<SlowEpisode> worst = slow.worst();
  REQUIRE(worst.size() == 2);
  CHECK(worst[0].begin == 200);
  CHECK(worst[0].end == 340);
  CHECK(worst[0].messages == 3);
  CHECK(worst[0].worst.sequence == 1);
  CHECK(worst[0].worst.producer == 3);
  CHECK(worst[0].worst.sent == 201);
  CHECK(worst[0].worst.response() == 100);
  CHECK(worst[1].worst.sequence == 4);
}

TEST_CASE("of many episodes the worst are kept, and all are counted") {
  SlowEpisodes slow;
  slow.arm(10);
  constexpr std::uint64_t kEpisodes = 1000;
  for (std::uint64_t i = 0; i < kEpisodes; ++i) {
    const auto due = static_cast<std::int64_t>(i) * 10'000;
    // Every place in the order is as likely to be slow: 7 and 1000 have no common divisor.
    slow.note(message(due, i), due + 11 + static_cast<std::int64_t>(i * 7 % kEpisodes));
  }
  CHECK(slow.episodes() == kEpisodes);
  CHECK(slow.messages() == kEpisodes);
  const std::vector<SlowEpisode> worst = slow.worst();
  REQUIRE(worst.size() >= SlowEpisodes::kKept);
  for (std::size_t i = 0; i < SlowEpisodes::kKept; ++i) {
    CHECK(worst[i].worst.response() == 11 + 999 - static_cast<std::int64_t>(i));
  }
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "engine/books/slow_episodes.hpp"

#include <algorithm>

namespace busmark {
namespace {

bool slower(const SlowEpisode& a, const SlowEpisode& b) noexcept {
  return a.worst.response() > b.worst.response();
}

}  // namespace

void SlowEpisodes::add(const Message& message, std::int64_t now) noexcept {
  const SlowMessage slow{.due = message.due,
                         .sent = message.sent,
                         .received = now,
                         .sequence = message.sequence,
                         .producer = message.producer};
  ++messages_;
  if (episodes_ != 0 && message.due <= latest_.end) {
    latest_.begin = std::min(latest_.begin, message.due);
    latest_.end = now;
    ++latest_.messages;
    if (slow.response() > latest_.worst.response()) latest_.worst = slow;
    return;
  }
  if (episodes_ != 0) keep(latest_);
  ++episodes_;
  latest_ = {.begin = message.due, .end = now, .messages = 1, .worst = slow};
}

void SlowEpisodes::keep(const SlowEpisode& episode) noexcept {
  if (count_ < kept_.size()) {
    kept_[count_++] = episode;
    return;
  }
  const auto least = std::max_element(kept_.begin(), kept_.end(), slower);
  if (slower(episode, *least)) *least = episode;
}

std::vector<SlowEpisode> SlowEpisodes::worst() const {
  std::vector<SlowEpisode> all(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(count_));
  if (episodes_ != 0) all.push_back(latest_);
  std::sort(all.begin(), all.end(), slower);
  return all;
}

}  // namespace busmark

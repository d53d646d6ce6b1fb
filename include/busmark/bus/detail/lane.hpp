// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "busmark/bus/detail/inbox.hpp"
#include "busmark/bus/message.hpp"
#include "busmark/bus/payload_pool.hpp"
#include "busmark/bus/subject_tree.hpp"

namespace busmark {

/// A lane's own end of one inbox, shared by all routes of the lane that lead there.
template <template <typename> class QueueOf>
struct LaneEnd {
  using Channel = typename Inbox<QueueOf>::Channel;

  /// Takes over one reference to `target`.
  LaneEnd(Inbox<QueueOf>& target, std::uint32_t lane)
      : inbox(&target), producer(target.channel.producer(lane)) {
    if (target.policy == SlowConsumer::drop_old) evictor.emplace(target.channel.consumer());
  }

  Inbox<QueueOf>* inbox;
  typename Channel::Producer producer;
  std::optional<typename Channel::Consumer> evictor;
  std::uint32_t users = 0;
};

/// What one publishing thread has at one bus: its ends of the inboxes and its place among the
/// readers of the interest. Used by one thread at a time.
template <template <typename> class QueueOf>
class Lane {
 public:
  using End = LaneEnd<QueueOf>;

  Lane(SubjectTree& tree, std::uint32_t index) noexcept : tree_(&tree), index_(index) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  [[nodiscard]] SubjectTree& tree() const noexcept { return *tree_; }
  [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
  /// Scratch for matching, kept so that it is allocated once.
  [[nodiscard]] MatchResult& scratch() noexcept { return scratch_; }

  /// The end at `inbox`, for one more route. The caller must know that the inbox lives. May throw
  /// std::bad_alloc.
  [[nodiscard]] End* attach(Inbox<QueueOf>& inbox) {
    std::unique_ptr<End>& end = ends_[&inbox];
    if (end == nullptr) {
      try {
        end = std::make_unique<End>(inbox, index_);
      } catch (...) {
        ends_.erase(&inbox);
        throw;
      }
      inbox.add_reference();
    }
    ++end->users;
    return end.get();
  }
  void detach(End* end) noexcept {
    if (--end->users != 0) return;
    Inbox<QueueOf>* inbox = end->inbox;
    ends_.erase(inbox);  // Before the inbox, which the end points into.
    inbox->drop_reference();
  }

 private:
  SubjectTree* tree_;
  std::uint32_t index_;
  MatchResult scratch_;
  std::unordered_map<Inbox<QueueOf>*, std::unique_ptr<End>> ends_;
};

}  // namespace busmark

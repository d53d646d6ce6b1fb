// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "busmark/bus/detail/lane.hpp"

namespace busmark {

/// Where the messages of one subject go: the cached match, checked against the generation of the
/// interest at every push. Used by the thread of its lane.
///
/// A message goes once to every plain subscription and once to every queue group that matches. When
/// an inbox with policy `block` is full, the others still get the message, the push reports it as
/// refused, and the route remembers who has it. So after a refusal the same messages must be pushed
/// again, which reaches only the inboxes that lack them, or abandoned.
template <template <typename> class QueueOf>
class Route {
 public:
  using End = LaneEnd<QueueOf>;

  Route(Lane<QueueOf>& lane, std::string_view subject)
      : lane_(&lane), subject_(subject), interest_(lane) {}

  [[nodiscard]] const std::string& subject() const noexcept { return subject_; }

  /// Pushes the first n of `count` messages and returns n. Their slots must hold one reference. A
  /// message nobody is interested in counts as pushed. The messages stay as they are: to move one
  /// is to copy it.
  std::size_t push(Message* messages, std::size_t count) noexcept {
    if (lane_->tree().generation() != generation_ && !refresh(messages, count)) return 0;
    if (sole_ == nullptr) return fan_out(messages, count);
    const std::size_t taken = count == 1 ? (sole_->producer.try_push(std::move(*messages)) ? 1 : 0)
                                         : sole_->producer.try_push_bulk(messages, count);
    if (taken != 0) sole_->inbox->notify();
    if (taken == count) return count;
    return taken + overflow(*sole_, messages + taken, count - taken);
  }

  /// Matches now, so that the first push need not. False when memory is short.
  bool prepare() noexcept {
    return lane_->tree().generation() == generation_ || refresh(nullptr, 0);
  }

  /// Gives up `count` messages that were refused. Where some inboxes have one already, the others
  /// count it as dropped.
  void abandon(Message* messages, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      const auto has = [i](const Target& target) { return target.ahead > i; };
      const auto had = std::count_if(interest_.targets.begin(), interest_.targets.end(), has);
      for (const Target& target : interest_.targets) {
        if (had != 0 && !has(target)) count_drops(*interest_.members[target.first], 1);
      }
      if (messages[i].slot == nullptr) continue;
      const std::uint32_t holders = i < referenced_ ? targets() : 1;
      messages[i].slot->release(holders - static_cast<std::uint32_t>(had));
      messages[i].slot = nullptr;
    }
    for (Target& target : interest_.targets) target.ahead -= std::min(target.ahead, count);
    referenced_ -= std::min(referenced_, count);
  }

  /// Inboxes and groups that the next message goes to, as of the last match.
  [[nodiscard]] std::uint32_t targets() const noexcept {
    return static_cast<std::uint32_t>(interest_.targets.size());
  }
  /// Copies that a policy discarded.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  /// Messages that nobody was interested in.
  [[nodiscard]] std::uint64_t without_interest() const noexcept { return without_interest_; }

 private:
  /// A plain subscription or a queue group.
  struct Target {
    std::size_t first = 0;  ///< In `members`.
    std::size_t members = 1;
    std::size_t next = 0;   ///< Whose turn it is in the group.
    std::size_t ahead = 0;  ///< Messages it has already taken of those to be pushed again.
  };

  struct Interest {
    explicit Interest(Lane<QueueOf>& owner) noexcept : lane(&owner) {}
    Interest(const Interest&) = delete;
    Interest& operator=(const Interest&) = delete;
    ~Interest() {
      for (End* member : members) lane->detach(member);
    }
    void swap(Interest& other) noexcept {
      members.swap(other.members);
      targets.swap(other.targets);
    }
    void add(const std::vector<Subscriber*>& found, std::size_t per_target) {
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (i % per_target == 0) targets.push_back({members.size(), per_target, 0, 0});
        members.push_back(nullptr);
        try {
          members.back() = lane->attach(static_cast<Inbox<QueueOf>&>(*found[i]));
        } catch (...) {
          members.pop_back();
          throw;
        }
      }
    }

    Lane<QueueOf>* lane;
    std::vector<End*> members;
    std::vector<Target> targets;
  };

  /// Takes over the present interest, unless messages are under way that must go to the old one.
  /// Out of line: it allocates, and it is no part of the way of a message.
  [[gnu::noinline]] bool refresh(Message* messages, std::size_t count) noexcept {
    const auto under_way = [](const Target& target) { return target.ahead != 0; };
    if (std::any_of(interest_.targets.begin(), interest_.targets.end(), under_way)) return true;
    if (referenced_ > count) return true;
    // Before the match: what changes meanwhile makes the next push match again.
    const std::uint64_t generation = lane_->tree().generation();
    try {
      Interest fresh(*lane_);
      MatchResult& result = lane_->scratch();
      result.clear();
      {
        const SubjectTree::Snapshot snapshot(lane_->tree(), lane_->index());
        snapshot.match(subject_, result);
        fresh.add(result.plain, 1);
        for (std::size_t i = 0; i < result.group_count; ++i) {
          fresh.add(result.groups[i].members, result.groups[i].members.size());
        }
      }
      // Nobody has these yet; the old number of receivers no longer holds.
      for (std::size_t i = 0; i < referenced_; ++i) {
        if (messages[i].slot != nullptr && targets() > 1) messages[i].slot->release(targets() - 1);
      }
      referenced_ = 0;
      interest_.swap(fresh);
    } catch (...) {
      return false;
    }
    generation_ = generation;
    const bool alone = interest_.targets.size() == 1 && interest_.members.size() == 1;
    sole_ = alone ? interest_.members.front() : nullptr;
    return true;
  }

  std::size_t fan_out(Message* messages, std::size_t count) noexcept {
    if (interest_.targets.empty()) {
      for (std::size_t i = 0; i < count; ++i) {
        if (messages[i].slot != nullptr) messages[i].slot->release();
      }
      without_interest_ += count;
      return count;
    }
    for (; referenced_ < count; ++referenced_) {
      PayloadSlot* slot = messages[referenced_].slot;
      if (slot != nullptr && targets() > 1) slot->add_references(targets() - 1);
    }
    std::size_t taken_by_all = count;
    for (Target& target : interest_.targets) {
      if (target.ahead < count) {
        target.ahead += push_to(target, messages + target.ahead, count - target.ahead);
      }
      taken_by_all = std::min(taken_by_all, target.ahead);
    }
    for (Target& target : interest_.targets) target.ahead -= taken_by_all;
    referenced_ -= taken_by_all;
    return taken_by_all;
  }

  /// The members of a group take turns; one that is full passes its turn on.
  std::size_t push_to(Target& target, Message* messages, std::size_t count) noexcept {
    std::size_t taken = 0;
    std::size_t turn = target.next;
    for (std::size_t asked = 0; asked < target.members && taken < count; ++asked) {
      End& end = *interest_.members[target.first + turn];
      const std::size_t more = end.producer.try_push_bulk(messages + taken, count - taken);
      if (more != 0) end.inbox->notify();
      taken += more;
      if (++turn == target.members) turn = 0;
    }
    End& first = *interest_.members[target.first + target.next];
    if (++target.next == target.members) target.next = 0;
    if (taken < count) taken += overflow(first, messages + taken, count - taken);
    return taken;
  }

  /// What the policy of a full inbox makes of the rest: how many messages are settled.
  std::size_t overflow(End& end, Message* messages, std::size_t count) noexcept {
    // Acquire pairs with the release where the subscription closes; nothing is read after it.
    if (end.inbox->closed.load(std::memory_order_acquire)) return discard(end, messages, count);
    switch (end.inbox->policy) {
      case SlowConsumer::block: return 0;
      case SlowConsumer::drop_new: return discard(end, messages, count);
      case SlowConsumer::drop_old: return make_room(end, messages, count);
    }
    return 0;
  }

  std::size_t discard(End& end, Message* messages, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      if (messages[i].slot != nullptr) messages[i].slot->release();
    }
    count_drops(end, count);
    return count;
  }

  std::size_t make_room(End& end, Message* messages, std::size_t count) noexcept {
    // A queue that reuses memory by the block needs a whole block of pops to make room.
    constexpr std::size_t kMostPops = 64;
    std::size_t taken = 0;
    for (std::size_t pops = 0; taken < count && pops < count + kMostPops; ++pops) {
      Message old;
      if (end.evictor->try_pop(old)) {
        if (old.slot != nullptr) old.slot->release();
        count_drops(end, 1);
      }
      taken += end.producer.try_push_bulk(messages + taken, count - taken);
    }
    end.inbox->notify();
    // Others refill the inbox as fast as we empty it.
    return taken + (taken < count ? discard(end, messages + taken, count - taken) : 0);
  }

  void count_drops(End& end, std::size_t count) noexcept {
    end.inbox->dropped.fetch_add(count, std::memory_order_relaxed);
    dropped_ += count;
  }

  Lane<QueueOf>* lane_;
  End* sole_ = nullptr;  ///< The only receiver, if it is one plain subscription.
  std::uint64_t generation_ = 0;
  std::string subject_;
  Interest interest_;
  std::size_t referenced_ = 0;  ///< Messages to be pushed again whose slots count all targets.
  std::uint64_t dropped_ = 0;
  std::uint64_t without_interest_ = 0;
};

}  // namespace busmark

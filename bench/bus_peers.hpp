// SPDX-License-Identifier: Apache-2.0
// What people use instead of an event bus, made to do the same work: a publish by subject name puts
// a copy of the Message into the inbox of every subscriber, from where it is taken out.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#if defined(BUSMARK_SIGNALS2)
#include <boost/signals2.hpp>
#endif

#include "busmark/bus/message.hpp"

namespace busmark {

class LockedInbox {
 public:
  void push(const Message& message) {
    const std::scoped_lock lock(mutex_);
    messages_.push_back(message);
  }
  bool pop(Message& message) {
    const std::scoped_lock lock(mutex_);
    if (messages_.empty()) return false;
    message = messages_.front();
    messages_.pop_front();
    return true;
  }

 private:
  std::mutex mutex_;
  std::deque<Message> messages_;
};

/// The bus that is written by hand: no wildcards, readers share a lock.
class SharedMutexBus {
 public:
  LockedInbox& subscribe(const std::string& subject) {
    const std::unique_lock lock(mutex_);
    return *inboxes_[subject].emplace_back(std::make_unique<LockedInbox>());
  }
  void publish(const std::string& subject, const Message& message) {
    const std::shared_lock lock(mutex_);
    const auto found = inboxes_.find(subject);
    if (found == inboxes_.end()) return;
    for (const auto& inbox : found->second) inbox->push(message);
  }

 private:
  std::shared_mutex mutex_;
  std::unordered_map<std::string, std::vector<std::unique_ptr<LockedInbox>>> inboxes_;
};

#if defined(BUSMARK_SIGNALS2)
/// One signal for each subject, found beforehand as a member would be; the slot fills the inbox.
class SignalBus {
 public:
  LockedInbox& subscribe(const std::string& /*subject*/) {
    LockedInbox& inbox = *inboxes_.emplace_back(std::make_unique<LockedInbox>());
    signal_.connect([&inbox](const Message& message) { inbox.push(message); });
    return inbox;
  }
  void publish(const std::string& /*subject*/, const Message& message) { signal_(message); }

 private:
  boost::signals2::signal<void(const Message&)> signal_;
  std::vector<std::unique_ptr<LockedInbox>> inboxes_;
};
#endif

}  // namespace busmark

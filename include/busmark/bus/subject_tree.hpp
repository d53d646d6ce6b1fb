// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/bus/detail/epochs.hpp"

namespace busmark {

/// What a subject tree leads to. `id` is unique within one tree.
struct Subscriber {
  explicit Subscriber(std::uint64_t unique_id) noexcept : id(unique_id) {}
  std::uint64_t id;
};

/// Everyone who is interested in one subject. May be filled again and again without allocating.
struct MatchResult {
  struct Group {
    std::string name;
    std::vector<Subscriber*> members;  ///< One of them gets the message.
  };
  std::vector<Subscriber*> plain;  ///< All of them get the message.
  std::vector<Group> groups;       ///< The first `group_count` are in use.
  std::size_t group_count = 0;

  void clear() noexcept {
    plain.clear();
    group_count = 0;
  }
  /// The members of the group called `name`, a new group if there is none yet: members whose
  /// patterns differ are still one group, as in nats-server.
  std::vector<Subscriber*>& group(std::string_view name);
};

/// Longest pattern and subject, in bytes: nats-server's limit for a protocol line.
inline constexpr std::size_t kMaxSubject = 4096;

/// Interest: who subscribed to which pattern (nats-server: `Sublist`). A tree of tokens in which
/// every update copies the path it changes, so that readers walk an immutable snapshot without a
/// lock while one writer at a time goes on; see docs/decisions/0005-interest-snapshots.md.
class SubjectTree {
 public:
  /// `readers`: how many readers may match at the same time.
  explicit SubjectTree(std::uint32_t readers = 1);
  SubjectTree(const SubjectTree&) = delete;
  SubjectTree& operator=(const SubjectTree&) = delete;
  /// No reader may be inside.
  ~SubjectTree();

  // Writers, one at a time.

  /// An empty group is a plain subscription. Throws SetupError when the pattern is invalid or
  /// longer than kMaxSubject, std::bad_alloc. The tree is then unchanged.
  void insert(std::string_view pattern, std::string_view group, Subscriber& subscriber);
  void insert(std::string_view pattern, Subscriber& subscriber) { insert(pattern, {}, subscriber); }
  /// False when it is not in the tree. `free` runs on the subscriber when no reader can see it any
  /// more, at the latest in the destructor.
  bool remove(std::string_view pattern, std::string_view group, Subscriber& subscriber,
              Epochs::Free free = nullptr);
  bool remove(std::string_view pattern, Subscriber& subscriber) {
    return remove(pattern, {}, subscriber);
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// Memory of the present snapshot, without the allocator's rounding.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Frees what no reader sees any more; updates do it as well.
  void collect() noexcept { epochs_.collect(); }
  [[nodiscard]] std::size_t waiting_to_be_freed() const noexcept { return epochs_.waiting(); }

  // Any thread.

  /// Changes with every insert and remove: a match result is good as long as this stays.
  [[nodiscard]] std::uint64_t generation() const noexcept { return epochs_.current(); }

  /// The tree as it is now, for reader number `reader`, one thread at a time. Subscribers found are
  /// safe to use while this lives. Lock-free; short lives let the writer free memory.
  class Snapshot {
   public:
    Snapshot(SubjectTree& tree, std::uint32_t reader) noexcept
        : guard_(tree.epochs_, reader), root_(tree.root_.load(std::memory_order_seq_cst)) {}
    /// Adds all who are interested in `subject`, which must be valid. Throws std::bad_alloc.
    void match(std::string_view subject, MatchResult& result) const;

   private:
    Epochs::Guard guard_;
    const struct SubjectNode* root_;
  };

  /// A match without a snapshot, for the writer's thread or when nobody writes.
  void match(std::string_view subject, MatchResult& result) const;

 private:
  void publish(const struct SubjectNode* root, class Edit& edit, Subscriber* retired,
               Epochs::Free free);

  Epochs epochs_;
  std::atomic<const struct SubjectNode*> root_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace busmark

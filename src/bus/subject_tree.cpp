// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/subject_tree.hpp"

#include <functional>
#include <new>

#include "busmark/base/error.hpp"
#include "busmark/bus/detail/persistent_map.hpp"
#include "busmark/bus/subject.hpp"

#include "base/quote.hpp"

namespace busmark {

/// A token with its hash; also the name of a queue group.
struct TokenKey {
  explicit TokenKey(std::string_view token) noexcept
      : text(token), hash(std::hash<std::string_view>{}(token)) {}
  std::string_view text;
  std::uint64_t hash;
};

struct SubscriberTraits {
  using Item = Subscriber;
  using Key = std::uint64_t;
  static Key key(const Item& item) noexcept { return item.id; }
  static bool same(Key key, const Item& item) noexcept { return key == item.id; }
  /// The low bits of an id change fastest, and 13 digits cover all of it.
  static unsigned digit(Key key, unsigned depth) noexcept {
    return static_cast<unsigned>(key >> (5 * depth)) & 31U;
  }
};
using SubscriberMap = PersistentMap<SubscriberTraits>;

struct NodeTraits {
  using Item = SubjectNode;
  using Key = TokenKey;
  static Key key(const Item& item) noexcept;
  static bool same(const Key& key, const Item& item) noexcept;
  static unsigned digit(const Key& key, unsigned depth) noexcept {
    constexpr unsigned kHashDigits = 12;
    if (depth < kHashDigits) return static_cast<unsigned>(key.hash >> (5 * depth)) & 31U;
    // Equal hashes: the text itself tells tokens apart, half a byte at a time. No token holds a
    // NUL, so the end of the shorter one counts as well.
    const std::size_t at = (depth - kHashDigits) / 2;
    const unsigned byte = at < key.text.size() ? static_cast<unsigned char>(key.text[at]) : 0U;
    return depth % 2 == 0 ? byte & 15U : byte >> 4U;
  }
};
using NodeMap = PersistentMap<NodeTraits>;

/// One token of the patterns that lead here, or one queue group. Immutable once published; the text
/// stands behind it.
struct SubjectNode {
  const SubjectNode* any = nullptr;   ///< Child `*`.
  const SubjectNode* rest = nullptr;  ///< Child `>`.
  const NodeMap::Branch* children = nullptr;
  const SubscriberMap::Branch* plain = nullptr;
  const NodeMap::Branch* groups = nullptr;
  std::uint32_t length = 0;

  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(this + 1), length};
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return sizeof(SubjectNode) + length; }
  [[nodiscard]] bool empty() const noexcept {
    return any == nullptr && rest == nullptr && children == nullptr && plain == nullptr &&
           groups == nullptr;
  }
};

TokenKey NodeTraits::key(const Item& item) noexcept { return TokenKey(item.text()); }
bool NodeTraits::same(const Key& key, const Item& item) noexcept { return key.text == item.text(); }

namespace {

/// A copy of `old`, which it replaces, or a new empty node for `token`.
SubjectNode* copy(const SubjectNode* old, std::string_view token, Edit& edit) {
  SubjectNode* fresh = new (edit.make(sizeof(SubjectNode) + token.size())) SubjectNode;
  if (old != nullptr) {
    *fresh = *old;
    edit.replace(old, old->bytes());
  }
  fresh->length = static_cast<std::uint32_t>(token.size());
  token.copy(reinterpret_cast<char*>(fresh + 1), token.size());
  return fresh;
}

struct Entry {
  std::string_view group;
  Subscriber* subscriber;
};

const SubjectNode* with(const SubjectNode* old, std::string_view token, std::string_view rest,
                        const Entry& entry, Edit& edit) {
  SubjectNode* node = copy(old, token, edit);
  if (rest.empty()) {
    if (entry.group.empty()) {
      node->plain = SubscriberMap::put(node->plain, entry.subscriber, edit);
    } else {
      SubjectNode* group =
          copy(NodeMap::find(node->groups, TokenKey(entry.group)), entry.group, edit);
      group->plain = SubscriberMap::put(group->plain, entry.subscriber, edit);
      node->groups = NodeMap::put(node->groups, group, edit);
    }
    return node;
  }
  const std::string_view next = next_token(rest);
  if (next == "*") {
    node->any = with(node->any, next, rest, entry, edit);
  } else if (next == ">") {
    node->rest = with(node->rest, next, rest, entry, edit);
  } else {
    const SubjectNode* child = NodeMap::find(node->children, TokenKey(next));
    child = with(child, next, rest, entry, edit);
    node->children = NodeMap::put(node->children, const_cast<SubjectNode*>(child), edit);
  }
  return node;
}

/// Where a pattern and a group end; null when nobody subscribed so.
const SubjectNode* find(const SubjectNode* node, std::string_view rest, std::string_view group) {
  while (node != nullptr && !rest.empty()) {
    const std::string_view token = next_token(rest);
    if (token == "*") {
      node = node->any;
    } else if (token == ">") {
      node = node->rest;
    } else {
      node = NodeMap::find(node->children, TokenKey(token));
    }
  }
  if (node == nullptr || group.empty()) return node;
  return NodeMap::find(node->groups, TokenKey(group));
}

/// `map` with `fresh`, or without `key` when `fresh` is null.
const NodeMap::Branch* exchanged(const NodeMap::Branch* map, std::string_view key,
                                 const SubjectNode* fresh, Edit& edit) {
  if (fresh == nullptr) return NodeMap::erase(map, TokenKey(key), edit);
  return NodeMap::put(map, const_cast<SubjectNode*>(fresh), edit);
}

/// A copy of `node` as `changed`, or null when nothing is left of it.
const SubjectNode* settled(const SubjectNode& node, const SubjectNode& changed, Edit& edit) {
  if (changed.empty()) {
    edit.replace(&node, node.bytes());
    return nullptr;
  }
  SubjectNode* fresh = copy(&node, node.text(), edit);
  *fresh = changed;
  return fresh;
}

/// What is left of `node` without the entry, which must be there; null when nothing is.
const SubjectNode* without(const SubjectNode& node, std::string_view rest, const Entry& entry,
                           Edit& edit) {
  SubjectNode changed = node;
  if (!rest.empty()) {
    const std::string_view token = next_token(rest);
    if (token == "*") {
      changed.any = without(*node.any, rest, entry, edit);
    } else if (token == ">") {
      changed.rest = without(*node.rest, rest, entry, edit);
    } else {
      const SubjectNode& child = *NodeMap::find(node.children, TokenKey(token));
      changed.children = exchanged(node.children, token, without(child, rest, entry, edit), edit);
    }
  } else if (!entry.group.empty()) {
    const SubjectNode& group = *NodeMap::find(node.groups, TokenKey(entry.group));
    const SubjectNode* left = without(group, {}, {{}, entry.subscriber}, edit);
    changed.groups = exchanged(node.groups, entry.group, left, edit);
  } else {
    changed.plain = SubscriberMap::erase(node.plain, entry.subscriber->id, edit);
  }
  return settled(node, changed, edit);
}

void add_members(const SubjectNode& node, MatchResult& result) {
  SubscriberMap::for_each(node.plain,
                          [&](Subscriber* subscriber) { result.plain.push_back(subscriber); });
  NodeMap::for_each(node.groups, [&](const SubjectNode* group) {
    std::vector<Subscriber*>& members = result.group(group->text());
    SubscriberMap::for_each(group->plain,
                            [&](Subscriber* subscriber) { members.push_back(subscriber); });
  });
}

void collect_matches(const SubjectNode& node, std::string_view rest, MatchResult& result) {
  if (rest.empty()) {
    add_members(node, result);
    return;
  }
  if (node.rest != nullptr) add_members(*node.rest, result);
  const std::string_view token = next_token(rest);
  if (node.any != nullptr) collect_matches(*node.any, rest, result);
  if (node.children == nullptr) return;
  const SubjectNode* child = NodeMap::find(node.children, TokenKey(token));
  if (child != nullptr) collect_matches(*child, rest, result);
}

void destroy(const SubjectNode* node) noexcept {
  if (node == nullptr) return;
  destroy(node->any);
  destroy(node->rest);
  const auto destroy_item = [](const SubjectNode* item) { destroy(item); };
  NodeMap::for_each(node->children, destroy_item);
  NodeMap::for_each(node->groups, destroy_item);
  NodeMap::destroy(node->children);
  NodeMap::destroy(node->groups);
  SubscriberMap::destroy(node->plain);
  ::operator delete(const_cast<SubjectNode*>(node));
}

}  // namespace

std::vector<Subscriber*>& MatchResult::group(std::string_view name) {
  for (std::size_t i = 0; i < group_count; ++i) {
    if (groups[i].name == name) return groups[i].members;
  }
  if (group_count == groups.size()) groups.emplace_back();
  Group& fresh = groups[group_count];
  fresh.name = name;
  fresh.members.clear();
  ++group_count;
  return fresh.members;
}

SubjectTree::SubjectTree(std::uint32_t readers)
    : epochs_(readers), root_(new (::operator new(sizeof(SubjectNode))) SubjectNode) {}

SubjectTree::~SubjectTree() { destroy(root_.load()); }

void SubjectTree::insert(std::string_view pattern, std::string_view group, Subscriber& subscriber) {
  if (!valid_pattern(pattern)) {
    throw SetupError("cannot subscribe: " + why_invalid_pattern(pattern));
  }
  if (pattern.size() > kMaxSubject) {
    throw SetupError("cannot subscribe to " + in_quotes(pattern) + ": it is longer than " +
                     std::to_string(kMaxSubject) + " bytes");
  }
  Edit edit;
  publish(with(root_.load(), {}, pattern, {group, &subscriber}, edit), edit, nullptr, nullptr);
  ++count_;
}

bool SubjectTree::remove(std::string_view pattern, std::string_view group, Subscriber& subscriber,
                         Epochs::Free free) {
  const SubjectNode* root = root_.load();
  // Also keeps a malformed pattern from being taken for the well-formed one it resembles.
  if (!valid_pattern(pattern)) return false;
  const SubjectNode* last = find(root, pattern, group);
  if (last == nullptr || SubscriberMap::find(last->plain, subscriber.id) != &subscriber) {
    return false;
  }
  Edit edit;
  const SubjectNode* left = without(*root, pattern, {group, &subscriber}, edit);
  if (left == nullptr) left = copy(nullptr, {}, edit);
  publish(left, edit, &subscriber, free);
  --count_;
  return true;
}

void SubjectTree::publish(const SubjectNode* root, Edit& edit, Subscriber* retired,
                          Epochs::Free free) {
  const std::size_t before = epochs_.waiting();
  try {
    for (const Edit::Block& block : edit.replaced()) {
      epochs_.retire(block.memory, [](void* memory) noexcept { ::operator delete(memory); });
    }
    if (free != nullptr) epochs_.retire(retired, free);
  } catch (...) {
    epochs_.forget(before);
    throw;
  }
  for (const Edit::Block& block : edit.made()) bytes_ += block.bytes;
  for (const Edit::Block& block : edit.replaced()) bytes_ -= block.bytes;
  edit.keep();
  root_.store(root, std::memory_order_seq_cst);  // pairs with the load in Snapshot, see Epochs
  epochs_.advance();
  epochs_.collect();
}

void SubjectTree::Snapshot::match(std::string_view subject, MatchResult& result) const {
  collect_matches(*root_, subject, result);
}

void SubjectTree::match(std::string_view subject, MatchResult& result) const {
  collect_matches(*root_.load(), subject, result);
}

}  // namespace busmark

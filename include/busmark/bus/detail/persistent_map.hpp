// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace busmark {

/// One change of a persistent structure: remembers the blocks it made and the blocks they replace.
/// Until it is committed nothing the readers see has changed; if it is dropped, the new blocks go.
class Edit {
 public:
  struct Block {
    void* memory;
    std::size_t bytes;
  };

  Edit() = default;
  Edit(const Edit&) = delete;
  Edit& operator=(const Edit&) = delete;
  ~Edit() {
    for (const Block& block : made_) ::operator delete(block.memory);
  }

  [[nodiscard]] void* make(std::size_t bytes) {
    made_.push_back({nullptr, bytes});  // First, so that nothing is lost when it throws.
    return made_.back().memory = ::operator new(bytes);
  }
  void replace(const void* memory, std::size_t bytes) {
    replaced_.push_back({const_cast<void*>(memory), bytes});
  }

  [[nodiscard]] const std::vector<Block>& made() const noexcept { return made_; }
  [[nodiscard]] const std::vector<Block>& replaced() const noexcept { return replaced_; }
  /// The new blocks belong to the structure from now on.
  void keep() noexcept { made_.clear(); }

 private:
  std::vector<Block> made_;
  std::vector<Block> replaced_;
};

/// Immutable map from keys to pointers: a hash array mapped trie (Phil Bagwell, "Ideal Hash Trees",
/// 2001) of compressed 32-way branches. A change copies the branches on one path, about log32(n).
/// A map is a `const Branch*`, null when empty. Plain functions: who owns the branches is the
/// business of the caller's Edit.
///
/// `Traits` says what the pointers are: `Item`, `Key`, `Key key(const Item&)`,
/// `bool same(const Key&, const Item&)`, and `unsigned digit(const Key&, unsigned depth)`, 5 bits
/// of the hash at a depth; two keys that differ must differ in some digit.
template <typename Traits>
class PersistentMap {
 public:
  using Item = typename Traits::Item;
  using Key = typename Traits::Key;

  /// `count(items)` items, then `count(branches)` branches, in the order of their bits.
  struct Branch {
    std::uint32_t items;
    std::uint32_t branches;
  };

  [[nodiscard]] static Item* find(const Branch* branch, const Key& key) noexcept {
    for (unsigned depth = 0; branch != nullptr; ++depth) {
      const std::uint32_t bit = std::uint32_t{1} << Traits::digit(key, depth);
      if ((branch->items & bit) != 0) {
        Item* item = item_at(*branch, item_place(*branch, bit));
        return Traits::same(key, *item) ? item : nullptr;
      }
      if ((branch->branches & bit) == 0) return nullptr;
      branch = branch_at(*branch, branch_place(*branch, bit));
    }
    return nullptr;
  }

  /// The map with `item`, in place of the one with its key if there is one.
  [[nodiscard]] static const Branch* put(const Branch* branch, Item* item, Edit& edit) {
    return put(branch, Traits::key(*item), item, 0, edit);
  }

  /// The map without `key`, which must be in it.
  [[nodiscard]] static const Branch* erase(const Branch* branch, const Key& key, Edit& edit) {
    const Slot rest = erase(branch, key, 0, edit);
    if (!rest.is_item) return static_cast<const Branch*>(rest.pointer);
    return single(static_cast<Item*>(rest.pointer), 0, edit);
  }

  template <typename Function>
  static void for_each(const Branch* branch, const Function& function) {
    if (branch == nullptr) return;
    const std::size_t items = count(branch->items);
    for (std::size_t i = 0; i < items; ++i) function(item_at(*branch, i));
    for (std::size_t i = 0; i < count(branch->branches); ++i) {
      for_each(branch_at(*branch, items + i), function);
    }
  }

  /// Frees the branches of a map that no reader can see; the items are the caller's.
  static void destroy(const Branch* branch) noexcept {
    if (branch == nullptr) return;
    for (std::size_t i = 0; i < count(branch->branches); ++i) {
      destroy(branch_at(*branch, count(branch->items) + i));
    }
    ::operator delete(const_cast<Branch*>(branch));
  }

 private:
  struct Slot {
    void* pointer;
    bool is_item;
  };

  /// Bits that are set, by sums side by side (Warren, Hacker's Delight, 5-1): without -mpopcnt,
  /// which not every x86-64 has, std::popcount is a call into a library.
  static constexpr std::size_t count(std::uint32_t bits) noexcept {
    bits -= (bits >> 1) & 0x5555'5555U;
    bits = (bits & 0x3333'3333U) + ((bits >> 2) & 0x3333'3333U);
    bits = (bits + (bits >> 4)) & 0x0f0f'0f0fU;
    return (bits * 0x0101'0101U) >> 24;
  }
  static std::size_t item_place(const Branch& branch, std::uint32_t bit) noexcept {
    return count(branch.items & (bit - 1));
  }
  static std::size_t branch_place(const Branch& branch, std::uint32_t bit) noexcept {
    return count(branch.items) + count(branch.branches & (bit - 1));
  }
  static std::size_t width(const Branch& branch) noexcept {
    return count(branch.items) + count(branch.branches);
  }
  static std::size_t bytes(std::size_t width) noexcept {
    return sizeof(Branch) + width * sizeof(void*);
  }
  static void** slots(Branch& branch) noexcept { return reinterpret_cast<void**>(&branch + 1); }
  static void* const* slots(const Branch& branch) noexcept {
    return reinterpret_cast<void* const*>(&branch + 1);
  }
  static Item* item_at(const Branch& branch, std::size_t place) noexcept {
    return static_cast<Item*>(slots(branch)[place]);
  }
  static const Branch* branch_at(const Branch& branch, std::size_t place) noexcept {
    return static_cast<const Branch*>(slots(branch)[place]);
  }

  static Branch* make(std::uint32_t items, std::uint32_t branches, Edit& edit) {
    return new (edit.make(bytes(count(items) + count(branches)))) Branch{items, branches};
  }

  static const Branch* single(Item* item, unsigned depth, Edit& edit) {
    Branch* branch = make(std::uint32_t{1} << Traits::digit(Traits::key(*item), depth), 0, edit);
    slots(*branch)[0] = item;
    return branch;
  }

  /// Smallest map, from `depth` on, that tells two items apart.
  static const Branch* pair(Item* first, Item* second, unsigned depth, Edit& edit) {
    const unsigned first_digit = Traits::digit(Traits::key(*first), depth);
    const unsigned second_digit = Traits::digit(Traits::key(*second), depth);
    if (first_digit == second_digit) {
      const Branch* below = pair(first, second, depth + 1, edit);
      Branch* branch = make(0, std::uint32_t{1} << first_digit, edit);
      slots(*branch)[0] = const_cast<Branch*>(below);
      return branch;
    }
    Branch* branch =
        make((std::uint32_t{1} << first_digit) | (std::uint32_t{1} << second_digit), 0, edit);
    if (second_digit < first_digit) std::swap(first, second);
    slots(*branch)[0] = first;
    slots(*branch)[1] = second;
    return branch;
  }

  /// A copy in which what stands at `bit` (an item, a branch or nothing) has become `slot`.
  static Branch* copy_with(const Branch& old, std::uint32_t bit, Slot slot, Edit& edit) {
    const bool keep = slot.pointer != nullptr;
    const std::uint32_t items = (old.items & ~bit) | (keep && slot.is_item ? bit : 0);
    const std::uint32_t branches = (old.branches & ~bit) | (keep && !slot.is_item ? bit : 0);
    Branch* fresh = make(items, branches, edit);
    edit.replace(&old, bytes(width(old)));
    for (std::uint32_t rest = items; rest != 0; rest &= rest - 1) {
      const std::uint32_t at = rest & (~rest + 1);
      slots(*fresh)[item_place(*fresh, at)] =
          at == bit ? slot.pointer : slots(old)[item_place(old, at)];
    }
    for (std::uint32_t rest = branches; rest != 0; rest &= rest - 1) {
      const std::uint32_t at = rest & (~rest + 1);
      slots(*fresh)[branch_place(*fresh, at)] =
          at == bit ? slot.pointer : slots(old)[branch_place(old, at)];
    }
    return fresh;
  }

  static const Branch* put(const Branch* branch, const Key& key, Item* item, unsigned depth,
                           Edit& edit) {
    if (branch == nullptr) return single(item, depth, edit);
    const std::uint32_t bit = std::uint32_t{1} << Traits::digit(key, depth);
    Slot slot{item, true};
    if ((branch->branches & bit) != 0) {
      const Branch* below = branch_at(*branch, branch_place(*branch, bit));
      slot = {const_cast<Branch*>(put(below, key, item, depth + 1, edit)), false};
    } else if ((branch->items & bit) != 0) {
      Item* there = item_at(*branch, item_place(*branch, bit));
      if (!Traits::same(key, *there)) {
        slot = {const_cast<Branch*>(pair(there, item, depth + 1, edit)), false};
      }
    }
    return copy_with(*branch, bit, slot, edit);
  }

  /// What is left: a branch, nothing, or, below the top, the last item by itself, so that the shape
  /// of a map depends on its keys alone and not on its history.
  static Slot erase(const Branch* branch, const Key& key, unsigned depth, Edit& edit) {
    const std::uint32_t bit = std::uint32_t{1} << Traits::digit(key, depth);
    Slot slot{nullptr, true};
    if ((branch->branches & bit) != 0) {
      slot = erase(branch_at(*branch, branch_place(*branch, bit)), key, depth + 1, edit);
    }
    const std::uint32_t items = (branch->items & ~bit) | (slot.is_item && slot.pointer ? bit : 0);
    const std::uint32_t branches = (branch->branches & ~bit) | (slot.is_item ? 0 : bit);
    if (branches == 0 && count(items) <= 1) {
      edit.replace(branch, bytes(width(*branch)));
      if (items == 0) return {nullptr, false};
      if (items == bit) return slot;
      return {item_at(*branch, item_place(*branch, items)), true};
    }
    return {copy_with(*branch, bit, slot, edit), false};
  }
};

}  // namespace busmark

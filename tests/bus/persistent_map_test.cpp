// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/detail/persistent_map.hpp"

#include <set>

#include <doctest/doctest.h>

namespace busmark {
namespace {

/// All keys share 60 bits of hash, so that only the digits below the hash tell them apart.
struct CollidingTraits {
  using Item = unsigned;
  using Key = unsigned;
  static Key key(const Item& item) noexcept { return item; }
  static bool same(Key key, const Item& item) noexcept { return key == item; }
  static unsigned digit(Key key, unsigned depth) noexcept {
    return depth < 12 ? 7U : (key >> (5 * (depth - 12))) & 31U;
  }
};
using Map = PersistentMap<CollidingTraits>;

const Map::Branch* commit(const Map::Branch* map, Edit& edit) {
  for (const Edit::Block& block : edit.replaced()) ::operator delete(block.memory);
  edit.keep();
  return map;
}

TEST_CASE("keys whose hashes are equal are told apart, found and erased") {
  static unsigned keys[] = {1, 33, 65, 1025, 2, 3};
  const Map::Branch* map = nullptr;
  for (unsigned& key : keys) {
    Edit edit;
    map = commit(Map::put(map, &key, edit), edit);
  }
  std::set<unsigned> seen;
  Map::for_each(map, [&](const unsigned* item) { seen.insert(*item); });
  CHECK(seen == std::set<unsigned>{1, 2, 3, 33, 65, 1025});
  for (const unsigned& key : keys) CHECK(Map::find(map, key) == &key);
  CHECK(Map::find(map, 34) == nullptr);
  for (unsigned& key : keys) {
    Edit edit;
    map = commit(Map::erase(map, key, edit), edit);
    CHECK(Map::find(map, key) == nullptr);
  }
  CHECK(map == nullptr);
}

TEST_CASE("an edit that is dropped leaves the map and the memory as they were") {
  static unsigned first = 1, second = 33;
  Edit edit;
  const Map::Branch* map = commit(Map::put(nullptr, &first, edit), edit);
  {
    Edit dropped;
    const Map::Branch* changed = Map::put(map, &second, dropped);
    CHECK(Map::find(changed, 33) == &second);
  }
  CHECK(Map::find(map, 1) == &first);
  CHECK(Map::find(map, 33) == nullptr);
  Map::destroy(map);
}

}  // namespace
}  // namespace busmark

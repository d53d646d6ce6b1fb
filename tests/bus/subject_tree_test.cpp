// SPDX-License-Identifier: Apache-2.0
#include "busmark/bus/subject_tree.hpp"

#include <algorithm>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"
#include "busmark/bus/subject.hpp"

namespace busmark {
namespace {

std::multiset<std::uint64_t> plain(const SubjectTree& tree, std::string_view subject) {
  MatchResult result;
  tree.match(subject, result);
  std::multiset<std::uint64_t> ids;
  for (const Subscriber* subscriber : result.plain) ids.insert(subscriber->id);
  return ids;
}

using Ids = std::multiset<std::uint64_t>;

// The cases up to "Ours" hold the truths of nats-server's server/sublist_test.go.
TEST_CASE("the tree counts its subscriptions and finds literals, `*` and `>`") {
  SubjectTree tree;
  Subscriber literal(1), partial(2), at_end(3), rest(4), all(5);
  tree.insert("a.b.c", literal);
  tree.insert("a.*.c", partial);
  tree.insert("a.b.*", at_end);
  tree.insert("a.>", rest);
  tree.insert(">", all);
  CHECK(tree.count() == 5);
  CHECK(plain(tree, "a.b.c") == Ids{1, 2, 3, 4, 5});
  CHECK(plain(tree, "a.x.c") == Ids{2, 4, 5});
  CHECK(plain(tree, "a.b.x") == Ids{3, 4, 5});
  CHECK(plain(tree, "a") == Ids{5});
  CHECK(plain(tree, "a.b") == Ids{4, 5});
  CHECK(plain(tree, "x.b.c") == Ids{5});
}

TEST_CASE("a subject of two tokens does not match a pattern of one") {
  SubjectTree tree;
  Subscriber subscriber(1);
  tree.insert("foo", subscriber);
  CHECK(plain(tree, "foo") == Ids{1});
  CHECK(plain(tree, "foo.bar").empty());
}

TEST_CASE("removing gives the memory back and takes only what was inserted") {
  SubjectTree tree;
  const std::size_t bytes = tree.bytes();
  Subscriber literal(1), partial(2), rest(3), stranger(4);
  tree.insert("a.b.c.d", literal);
  tree.insert("a.b.*.d", partial);
  tree.insert("a.b.>", rest);
  CHECK(tree.count() == 3);
  CHECK_FALSE(tree.remove("a.b.c", literal));
  CHECK_FALSE(tree.remove("a.b.c.d", "group", literal));
  CHECK_FALSE(tree.remove("a.b.c.d", stranger));
  CHECK_FALSE(tree.remove("a.b.c.d.", literal));
  CHECK(tree.count() == 3);
  CHECK(tree.remove("a.b.c.d", literal));
  CHECK(plain(tree, "a.b.c.d") == Ids{2, 3});
  CHECK_FALSE(tree.remove("a.b.c.d", literal));
  CHECK(tree.remove("a.b.>", rest));
  CHECK(plain(tree, "a.b.c.d") == Ids{2});
  CHECK(tree.remove("a.b.*.d", partial));
  CHECK(tree.count() == 0);
  CHECK(plain(tree, "a.b.c.d").empty());
  CHECK(tree.bytes() == bytes);
  CHECK(tree.waiting_to_be_freed() == 0);
}

TEST_CASE("an invalid pattern is refused with its reason and changes nothing") {
  SubjectTree tree;
  Subscriber subscriber(1);
  const std::size_t bytes = tree.bytes();
  const std::uint64_t generation = tree.generation();
  for (const std::string_view bad : {".foo", "foo.", "foo..bar", "foo.bar..baz", "foo.>.bar", ""}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH_AS(tree.insert(bad, subscriber),
                         ("cannot subscribe: " + why_invalid_pattern(bad)).c_str(), SetupError);
    CHECK_FALSE(tree.remove(bad, subscriber));
  }
  CHECK_THROWS_AS(tree.insert(std::string(kMaxSubject + 1, 'a'), subscriber), SetupError);
  CHECK(tree.count() == 0);
  CHECK(tree.bytes() == bytes);
  CHECK(tree.generation() == generation);
}

TEST_CASE("wildcard characters inside a longer token are literal") {
  for (const std::string_view pattern : {"foo.*-", "foo.>-"}) {
    SubjectTree tree;
    Subscriber subscriber(1);
    tree.insert(pattern, subscriber);
    CHECK(plain(tree, "foo.bar").empty());
    CHECK(plain(tree, pattern) == Ids{1});
    CHECK_FALSE(tree.remove("foo.bar", subscriber));
    CHECK(tree.remove(pattern, subscriber));
  }
}

TEST_CASE("a queue group is one result, whatever the patterns of its members") {
  SubjectTree tree;
  Subscriber first(1), second(2), other(3), alone(4);
  tree.insert("foo.*", "workers", first);
  tree.insert("foo.bar", "workers", second);
  tree.insert("foo.bar", "auditors", other);
  tree.insert("foo.>", alone);
  MatchResult result;
  tree.match("foo.bar", result);
  CHECK(result.plain == std::vector<Subscriber*>{&alone});
  REQUIRE(result.group_count == 2);
  CHECK(result.group("workers").size() == 2);
  CHECK(result.group("auditors") == std::vector<Subscriber*>{&other});
  result.clear();
  CHECK(tree.remove("foo.bar", "workers", second));
  CHECK(tree.remove("foo.bar", "auditors", other));
  tree.match("foo.bar", result);
  REQUIRE(result.group_count == 1);
  CHECK(result.groups[0].name == "workers");
  CHECK(result.groups[0].members == std::vector<Subscriber*>{&first});
  CHECK(tree.remove("foo.*", "workers", first));
  CHECK(tree.remove("foo.>", alone));
  CHECK(tree.count() == 0);
}

// Ours.
TEST_CASE("every insert and remove changes the generation, a failed remove does not") {
  SubjectTree tree;
  Subscriber subscriber(1);
  const std::uint64_t start = tree.generation();
  tree.insert("a", subscriber);
  const std::uint64_t inserted = tree.generation();
  CHECK(inserted != start);
  CHECK_FALSE(tree.remove("b", subscriber));
  CHECK(tree.generation() == inserted);
  CHECK(tree.remove("a", subscriber));
  CHECK(tree.generation() != inserted);
}

TEST_CASE("a snapshot stays as it was, and what it shows is freed when it has gone") {
  static int freed;
  freed = 0;
  SubjectTree tree(2);
  Subscriber subscriber(1), late(2);
  tree.insert("a.b", subscriber);
  {
    const SubjectTree::Snapshot snapshot(tree, 0);
    tree.insert("a.*", late);
    CHECK(tree.remove("a.b", {}, subscriber, [](void*) noexcept { ++freed; }));
    MatchResult result;
    snapshot.match("a.b", result);
    CHECK(result.plain == std::vector<Subscriber*>{&subscriber});
    CHECK(freed == 0);
    CHECK(tree.waiting_to_be_freed() > 0);
    // A reader that comes now does not see it and cannot keep it.
    const SubjectTree::Snapshot now(tree, 1);
    result.clear();
    now.match("a.b", result);
    CHECK(result.plain == std::vector<Subscriber*>{&late});
  }
  tree.collect();
  CHECK(freed == 1);
  CHECK(tree.waiting_to_be_freed() == 0);
}

TEST_CASE("the tree agrees with matching every pattern by itself") {
  std::mt19937 random(20240229);
  const std::vector<std::string_view> tokens{"a", "b", "c", "dd", "*", ">", "a*", ">b"};
  const auto text = [&](bool pattern) {
    std::string made;
    for (auto left = random() % 4 + 1; left > 0; --left) {
      std::string_view token = tokens[random() % tokens.size()];
      if (!pattern && (token == "*" || token == ">")) token = "a";
      made.append(made.empty() ? "" : ".").append(token);
      if (token == ">") break;
    }
    return made;
  };
  SubjectTree tree;
  const std::size_t bytes = tree.bytes();
  std::deque<std::pair<std::string, Subscriber>> present;
  for (std::uint64_t id = 1; id <= 3000; ++id) {
    if (random() % 3 != 0 || present.empty()) {
      present.emplace_back(text(true), Subscriber(id));
      tree.insert(present.back().first, present.back().second);
    } else {
      CHECK(tree.remove(present.front().first, present.front().second));
      present.pop_front();
    }
    const std::string subject = text(false);
    Ids expected;
    for (const auto& [pattern, subscriber] : present) {
      if (matches(pattern, subject)) expected.insert(subscriber.id);
    }
    CAPTURE(subject);
    CHECK(plain(tree, subject) == expected);
  }
  CHECK(tree.count() == present.size());
  for (auto& [pattern, subscriber] : present) CHECK(tree.remove(pattern, subscriber));
  CHECK(tree.bytes() == bytes);
}

TEST_CASE("a hundred thousand children of one node are found and removed again") {
  SubjectTree tree;
  const std::size_t bytes = tree.bytes();
  std::deque<Subscriber> subscribers;
  const auto pattern = [](std::size_t i) { return "chat.room." + std::to_string(i); };
  for (std::size_t i = 0; i < 100'000; ++i) {
    tree.insert(pattern(i), subscribers.emplace_back(i));
  }
  CHECK(plain(tree, pattern(0)) == Ids{0});
  CHECK(plain(tree, pattern(99'999)) == Ids{99'999});
  CHECK(plain(tree, pattern(100'000)).empty());
  std::size_t removed = 0;
  for (std::size_t i = 0; i < 100'000; ++i) {
    removed += tree.remove(pattern(i), subscribers[i]) ? 1U : 0U;
  }
  CHECK(removed == 100'000);
  CHECK(tree.bytes() == bytes);
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include <doctest/doctest.h>

#include "verb/profile/stacks.hpp"

namespace busmark {
namespace {

CountedWindow window_between(Nanoseconds begin, Nanoseconds end, std::vector<pid_t> threads) {
  CountedWindow window;
  window.begin = begin;
  window.end = end;
  window.threads = std::move(threads);
  return window;
}

PerfSample sample_at(Nanoseconds time, pid_t thread, std::vector<PerfFrame> stack,
                     const std::string& name = "x") {
  return {.name = name, .process = 1, .thread = thread, .time = time, .stack = std::move(stack)};
}

const RoleProfile* role_named(const StackProfile& profile, std::string_view name) {
  for (const RoleProfile& role : profile.roles) {
    if (role.role == name) return &role;
  }
  return nullptr;
}

TEST_CASE("an interval of a share is Wilson's") {
  // Brown, Cai, DasGupta 2001, by hand: 10 of 100 is 5.5 % to 17.4 %.
  const ShareInterval ten = share_interval(10, 100);
  CHECK(ten.low == doctest::Approx(0.0552).epsilon(0.002));
  CHECK(ten.high == doctest::Approx(0.1744).epsilon(0.002));
  CHECK(share_interval(0, 10).low == 0);
  CHECK(share_interval(0, 10).high == doctest::Approx(0.2775).epsilon(0.002));
  CHECK(share_interval(10, 10).high == 1);
  CHECK(share_interval(0, 0).low == 0);
  CHECK(share_interval(0, 0).high == 1);
}

TEST_CASE("a sample belongs to the window in which it was taken, its end excluded") {
  StackProfiler profiler({window_between(Nanoseconds(100), Nanoseconds(200), {7, 8}),
                          window_between(Nanoseconds(300), Nanoseconds(400), {17, 18})},
                         1, false);
  for (const int time : {99, 100, 199, 200, 299, 300, 399, 400}) {
    profiler.add(sample_at(Nanoseconds(time), time < 250 ? 7 : 17, {{"f", "x"}}));
  }
  const StackProfile profile = profiler.finish();
  CHECK(profile.samples == 4);
  CHECK(profile.outside == 4);
  REQUIRE(profile.roles.size() == 1);
  CHECK(profile.roles[0].role == "producer");
  CHECK(profile.roles[0].samples == 4);
}

TEST_CASE("threads are told apart by their ids in that window, others by their names") {
  StackProfiler profiler({window_between(Nanoseconds(0), Nanoseconds(10), {7, 8, 9})}, 2, false);
  const auto add = [&](pid_t thread, const char* name) {
    profiler.add(sample_at(Nanoseconds(1), thread, {{"f", "x"}}, name));
  };
  add(9, "producer-0");  // the id counts
  add(7, "x");
  add(8, "x");
  add(20, "nats-server");
  add(21, "busmark");
  const StackProfile profile = profiler.finish();
  REQUIRE(profile.roles.size() == 4);
  CHECK(profile.roles[0].role == "producer");
  CHECK(profile.roles[0].samples == 2);
  CHECK(profile.roles[1].role == "consumer");
  CHECK(profile.roles[1].samples == 1);
  CHECK(profile.roles[2].role == "server");
  CHECK(profile.roles[3].role == "other");
  CHECK(folded_stacks(profile.tree) ==
        "consumer;f 1\nproducer;f 2\nserver;f 1\nother;busmark;f 1\n");
}

TEST_CASE("the one thread of an operation is neither producer nor consumer") {
  StackProfiler profiler({window_between(Nanoseconds(0), Nanoseconds(10), {7})}, 1, true);
  profiler.add(sample_at(Nanoseconds(1), 7, {{"f", "x"}}));
  CHECK(profiler.finish().roles.at(0).role == "operation");
}

TEST_CASE("a function's own samples are summed over all its callers, the most frequent first") {
  StackProfiler profiler({window_between(Nanoseconds(0), Nanoseconds(10), {7})}, 1, false);
  const PerfFrame main{"main", "/bin/x"};
  const PerfFrame hot{"hot", "/bin/x"};
  const PerfFrame other{"other", "/bin/x"};
  for (int i = 0; i < 3; ++i) profiler.add(sample_at(Nanoseconds(i), 7, {hot, main}));
  profiler.add(sample_at(Nanoseconds(1), 7, {hot, other, main}));
  profiler.add(sample_at(Nanoseconds(1), 7, {other, main}));
  profiler.add(sample_at(Nanoseconds(1), 7, {}));
  const StackProfile profile = profiler.finish();
  CHECK(profile.without_stack == 1);
  const RoleProfile* role = role_named(profile, "producer");
  REQUIRE(role != nullptr);
  REQUIRE(role->rows.size() == 3);
  CHECK(role->rows[0].frame == hot);
  CHECK(role->rows[0].samples == 4);
  CHECK(role->rows[0].share == doctest::Approx(4.0 / 6));
  CHECK(role->rows[0].interval.low < 4.0 / 6);
  CHECK(role->rows[0].interval.high > 4.0 / 6);
  std::uint64_t sum = 0;
  for (const RoleProfile::Row& row : role->rows) sum += row.samples;
  CHECK(sum == role->samples);
  CHECK(folded_stacks(profile.tree) ==
        "producer 1\nproducer;main;hot 3\nproducer;main;other 1\nproducer;main;other;hot 1\n");
}

TEST_CASE("a name in a folded stack parts no frames") {
  StackTree tree;
  tree.add({{"a;b", ""}, {"c\nd", ""}});
  CHECK(folded_stacks(tree) == "a_b;c_d 1\n");
}

TEST_CASE("a stack of any depth is taken, its innermost frames cut") {
  StackTree tree;
  tree.add(std::vector<PerfFrame>(10'000, PerfFrame{"f", "x"}));
  CHECK(tree.size() == StackTree::kDeepest + 1);
  CHECK(tree.root().samples == 1);
  CHECK(tree.root().self == 0);
}

TEST_CASE("a recorded run is sorted into its roles") {
  std::ifstream file(BUSMARK_TEST_DATA "/profile/stacks.txt");
  std::vector<PerfSample> samples;
  PerfScriptReader reader([&](PerfSample&& sample) { samples.push_back(std::move(sample)); });
  for (std::string line; std::getline(file, line);) reader.line(line);
  reader.finish();
  pid_t producer = 0;
  pid_t consumer = 0;
  for (const PerfSample& sample : samples) {
    if (sample.name == "producer-0") producer = sample.thread;
    if (sample.name == "consumer-0") consumer = sample.thread;
  }
  StackProfiler profiler({window_between(samples.front().time, samples.back().time + Nanoseconds(1),
                                         {producer, consumer})},
                         1, false);
  for (const PerfSample& sample : samples) profiler.add(sample);
  const StackProfile profile = profiler.finish();
  CHECK(profile.samples == samples.size());
  CHECK(profile.outside == 0);
  const RoleProfile* sending = role_named(profile, "producer");
  REQUIRE(sending != nullptr);
  CHECK(sending->rows[0].frame.symbol ==
        "busmark::produce_open_loop<busmark::QueueTransport<busmark::SpscRing>::Publisher, "
        "busmark::ConstantSchedule, busmark::PlainPause>");
  REQUIRE(role_named(profile, "consumer") != nullptr);
  REQUIRE(role_named(profile, "other") != nullptr);
}

}  // namespace
}  // namespace busmark

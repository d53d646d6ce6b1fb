// SPDX-License-Identifier: Apache-2.0
#include "aspect/mix/mix.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "config/file.hpp"
#include "engine/books/class_picker.hpp"
#include "engine/load_curve.hpp"
#include "support/configs.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::kOne;
using testing::read_scenario;
using testing::refusal;

std::vector<MessageClass> classes(const std::vector<double>& weights) {
  std::vector<MessageClass> classes;
  for (const double weight : weights) {
    classes.push_back({.name = std::to_string(classes.size()), .weight = weight});
  }
  return classes;
}

/// How many of the first `messages` of each of two producers fall to each class.
std::array<double, 3> count(const ClassPicker& picker, std::uint64_t messages) {
  std::array<double, 3> counts{};
  for (std::uint64_t i = 0; i < messages; ++i) {
    for (const std::uint32_t producer : {0U, 1U}) {
      counts.at(picker.pick(producer, i, static_cast<std::int64_t>(1000 * i))) += 0.5;
    }
  }
  return counts;
}

TEST_CASE("each class has its share of the messages, to the spread of independent draws") {
  const std::vector<double> weights{80, 15, 5};
  for (const bool by_due : {false, true}) {
    for (const std::uint64_t seed : {1U, 2U, 77U}) {
      constexpr double kMessages = 200'000;
      const auto counts = count(ClassPicker(classes(weights), seed, by_due), kMessages);
      for (std::size_t i = 0; i < 3; ++i) {
        const double share = weights[i] / 100;
        CAPTURE(share);
        CHECK(std::abs(counts.at(i) - share * kMessages) <
              5 * std::sqrt(kMessages / 2 * share * (1 - share)));
      }
    }
  }
}

TEST_CASE("neighbours are as independent as any two messages") {
  const ClassPicker picker(classes({50, 50}), 1, false);
  std::array<int, 4> pairs{};
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    ++pairs.at(2 * picker.pick(0, i, 0) + picker.pick(0, i + 1, 0));
  }
  for (const int pair : pairs) CHECK(std::abs(pair - 25'000) < 700);
}

TEST_CASE("the same seed gives the same classes and another one others") {
  const ClassPicker one(classes({1, 1}), 1, false);
  const ClassPicker again(classes({1, 1}), 1, false);
  const ClassPicker other(classes({1, 1}), 2, false);
  int differ = 0;
  int producers_differ = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    CHECK(one.pick(3, i, 5) == again.pick(3, i, 99));
    differ += one.pick(3, i, 5) != other.pick(3, i, 5) ? 1 : 0;
    producers_differ += one.pick(0, i, 5) != one.pick(1, i, 5) ? 1 : 0;
  }
  CHECK(differ > 400);
  CHECK(producers_differ > 400);
}

TEST_CASE("where messages are refused the due time tells two tries of one number apart") {
  const ClassPicker picker(classes({1, 1}), 1, true);
  int first = 0;
  for (std::int64_t due = 0; due < 1000; ++due) first += picker.pick(0, 7, due) == 0 ? 1 : 0;
  CHECK(first > 400);
  CHECK(first < 600);
}

TEST_CASE("a mix of one is that one, and none is the first of none") {
  const ClassPicker one(classes({0.001}), 1, false);
  CHECK(one.size() == 1);
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(one.pick(0, i, 0) == 0);
  CHECK(ClassPicker().size() == 0);
  CHECK(ClassPicker().pick(0, 5, 0) == 0);
}

TEST_CASE("what a class does not say of itself is the scenario's") {
  const Scenario scenario =
      read_scenario(kOne +
                    "payload = 64\nwork = \"3us\"\n"
                    "[[scenario.mix]]\nname = \"price\"\nweight = 80\n"
                    "[[scenario.mix]]\nname = \"deep\"\nweight = 20\npayload = "
                    "\"1KiB\"\nwork = \"20us\"\nbudget = [\"p95 < 2ms\", \"lost == 0\"]\n");
  REQUIRE(scenario.mix.size() == 2);
  CHECK(scenario.mix[0].name == "price");
  CHECK(class_shares(scenario.mix) == std::vector<double>{0.8, 0.2});
  CHECK(payload_of(scenario, scenario.mix[0]) == ByteCount{64});
  CHECK(payload_of(scenario, scenario.mix[1]) == ByteCount{1024});
  CHECK(largest_payload(scenario) == ByteCount{1024});
  CHECK(smallest_payload(scenario) == ByteCount{64});
  CHECK(work_of(scenario, scenario.mix[0]) == 3us);
  CHECK(work_of(scenario, scenario.mix[1]) == 20us);
  CHECK(scenario.mix[0].budget.empty());
  CHECK(scenario.mix[1].budget.size() == 2);
  CHECK(describe(scenario, scenario.mix[1]) == "deep 20, 1KiB, work 20us");
  Scenario named = scenario;
  named.mix[0].subjects = "price.{0..9}";
  CHECK(describe(named, named.mix[0]) == "price 80, 64B, work 3us, subjects price.{0..9}");
  // One stretch of the whole window, which is no row of the result.
  CHECK(load_stages(scenario).empty());
  REQUIRE(paced_stages(scenario).size() == 1);
  CHECK(paced_stages(scenario)[0].end() == scenario.duration);
}

TEST_CASE("a mix goes with stages, as a list in one line, and from the command line") {
  const Scenario scenario =
      read_scenario(kOne + "stages = \"2x for 1s\"\n", {"scenario.mix=[{name='a', weight=1}]"});
  CHECK(scenario.mix.size() == 1);
  CHECK(paced_stages(scenario).size() == 1);
  CHECK(paced_stages(scenario)[0].name == "2x for 1s");
}

TEST_CASE("a mix with a mistake is refused with the place of it and what to write") {
  const auto mix = [](const std::string& what) { return refusal(kOne + "mix = [" + what + "]\n"); };
  CHECK(mix("{ name = \"a\", wieght = 1 }") ==
        "a.toml:3:22: mix: unknown key \"wieght\"; did you mean \"weight\"?");
  CHECK(mix("{ name = \"a\" }") ==
        "a.toml:3:8: mix: weight is missing; shares are weights over their sum, such as 80, 15 and "
        "5");
  CHECK(mix("{ weight = 1 }") == "a.toml:3:8: mix: name is missing; every class needs one");
  CHECK(mix("{ name = \"a\", weight = 0 }") ==
        "a.toml:3:31: mix.weight: must be a number from 0.0001 to 1000000, not 0");
  CHECK(mix("{ name = \"a\", weight = 1 }, { name = \"a\", weight = 1 }") ==
        "a.toml:3:36: mix: names two classes \"a\"");
  CHECK(mix("{ name = \"a\", weight = 1, work = 5 }") ==
        "a.toml:3:41: mix.work: must be a duration with its unit, for example \"200ms\", not 5; "
        "write \"5ms\" or \"5s\"");
  CHECK(mix("{ name = \"a\", weight = 1, budget = \"p95 > 5ms\" }")
            .starts_with("a.toml:3:43: mix.budget: "));
  CHECK(mix("{ name = \"a\", weight = 1, budget = \"corrupt == 0\" }") ==
        "a.toml:3:43: mix.budget: corrupt is not kept by class; write it in the scenario's budget. "
        "A class has latencies, rate, lost, dropped, refused and delivery");
  CHECK(mix("{ name = \"a\", weight = 1, subjects = \"a.*\" }")
            .starts_with("a.toml:3:45: mix.subjects: "));
  CHECK(mix("\"a\"") ==
        "a.toml:3:8: mix: must be a table such as { name = \"price\", weight = 80 }, not \"a\"");
  const std::string expected =
      "mix: must be 1 to 16 tables such as [{ name = \"price\", weight = 80 }, { name = \"deep\", "
      "weight = 20 }], not ";
  CHECK(mix("") == "a.toml:3:7: " + expected + "an empty list");
  CHECK(refusal(kOne + "mix = 80\n") == "a.toml:3:7: " + expected + "80");
  CHECK(refusal(kOne + "[scenario.mix]\nname = \"a\"\n") == "a.toml:3:1: " + expected + "a table");
  CHECK(
      refusal(kOne + "load = \"max\"\nmix = [{ name = \"a\", weight = 1 }]\n") ==
      "a.toml:4:7: mix: goes by a rate, and load is \"max\"; write load = \"100k/s\" or leave out "
      "mix (scenario \"one\")");
  CHECK(refusal(kOne, {"scenario.mix=[{name='a', weight='x'}]"}) ==
        "--set scenario.mix: mix.weight: must be a number from 0.0001 to 1000000, not \"x\"");
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/text.hpp"
#include "verb/profile/tell.hpp"

namespace busmark {
namespace {

using testing::contains;
using testing::longest_line;

constexpr auto kClock = static_cast<std::size_t>(PerfEvent::task_clock);
constexpr auto kCycleIndex = static_cast<std::size_t>(PerfEvent::cycles);
constexpr const char* kReason = "the processor shows no such counter here";

ProfileReport counted() {
  ProfileReport report;
  report.config = "quick.toml";
  report.scenario.name = "ring";
  report.scenario.load.rate = MessageRate{200'000};
  report.counters.counted.fill(1);
  report.counters.repetitions = 3;
  report.counters.messages = 1'200'000;
  report.counters.time = std::chrono::seconds(6);
  for (const char* name : {"producer", "consumer"}) {
    RoleCounters role;
    role.role = name;
    role.threads = 1;
    role.per_message[kClock] = CounterFigure{4980.4, 4970, 4991};
    role.on_core = CounterFigure{0.991, 0.99, 0.9925};
    report.counters.roles.push_back(role);
  }
  for (std::size_t event = 0; event < 4; ++event) report.counters.problems[event] = kReason;
  return report;
}

ProfileReport sampled() {
  ProfileReport report = counted();
  report.recording = {.perf = "perf version 6.1.187",
                      .event = "cpu-clock",
                      .frequency = 1999,
                      .stacks = "dwarf",
                      .user_only = false,
                      .inlined = false};
  StackProfile& profile = report.profile.emplace();
  RoleProfile& role = profile.roles.emplace_back();
  role.role = "producer";
  const auto add = [&](PerfFrame frame, std::uint64_t samples) {
    role.rows.push_back({.frame = std::move(frame),
                         .samples = samples,
                         .share = static_cast<double>(samples) / 1000,
                         .interval = share_interval(samples, 1000)});
  };
  add({"void busmark::produce<A<B>, C>(int)", "/bin/busmark"}, 900);
  add({"clear_page", "[kernel.kallsyms]"}, 50);
  add({"[unknown]", "/usr/lib/libc.so.6"}, 30);
  add({"busmark::" + std::string(90, 'x') + "::last", "inlined"}, 20);
  role.samples = profile.samples = 1000;
  profile.outside = 12;
  return report;
}

TEST_CASE("the text tells what was counted, by role, and why the rest is missing, once") {
  const std::string text = write_profile_text(counted(), 10);
  CAPTURE(text);
  CHECK(longest_line(text) <= 80);
  CHECK(contains(text, "busmark profile of ring: queue/spsc, one-way, load 200k/s, wait spin\n"));
  CHECK(contains(text, "3 repetitions, 1200000 messages in 6s, 1 producer\n  and 1 consumer\n"));
  CHECK(contains(text, "task-clock, ns      4980    4970 .. 4991"));
  CHECK(contains(text, "on a core, %       99.10  99.00 .. 99.25"));
  CHECK(contains(text, "not counted: cycles, instructions, cache-misses, branch-misses: the"));
  CHECK(contains(text, "count their waiting"));
  CHECK_FALSE(contains(text, "Sampled"));
  CHECK_FALSE(contains(text, "perf cost"));
}

TEST_CASE("figures of any size fit the page") {
  for (const double size :
       {1e-9, 4.2e-5, 0.00042, 0.0995, 0.999, 99.99, 99'999.0, 999'960.0, 1.23456e8, 9.99e12}) {
    CAPTURE(size);
    ProfileReport report = counted();
    for (RoleCounters& role : report.counters.roles) {
      role.threads = 128;
      role.instructions_per_cycle = CounterFigure{1.25, 1.25, 1.25};
      for (auto& figure : role.per_message) figure = CounterFigure{size, size, size};
    }
    CHECK(longest_line(write_profile_text(report, 10)) <= 80);
  }
}

TEST_CASE("one repetition has no range") {
  ProfileReport report = counted();
  report.counters.repetitions = 1;
  const std::string text = write_profile_text(report, 10);
  CHECK_FALSE(contains(text, " .. "));
  CHECK(contains(text, ": 1 repetition, "));
}

TEST_CASE("scaled counts and a hidden kernel are said") {
  ProfileReport report = counted();
  report.counters.counted[kCycleIndex] = 0.5;
  report.counters.user_only = true;
  const std::string text = write_profile_text(report, 10);
  CHECK(contains(text, "scaled: cycles had a counter for 50 % of the time"));
  CHECK(contains(text, "user mode only: kernel.perf_event_paranoid"));
  CHECK(longest_line(text) <= 80);
}

TEST_CASE("functions stand in a table with the interval of their share") {
  const std::string text = write_profile_text(sampled(), 10);
  CAPTURE(text);
  CHECK(longest_line(text) <= 80);
  CHECK(contains(text,
                 "1000 samples in the measured windows; 12 at other times are left out; none "
                 "lost"));
  CHECK(contains(text, "90.0 %  88.0 .. 91.7      900  busmark::produce\n"));
  CHECK(contains(text, "clear_page [kernel]\n"));
  CHECK(contains(text, "[unknown] in libc.so.6\n"));
  CHECK(contains(text, "::last (inlined)\n"));
  CHECK(contains(text, "-Ddebug=true"));
}

TEST_CASE("what a table leaves out is said, as is what was lost") {
  ProfileReport report = sampled();
  report.profile->lost = 7;
  report.profile->malformed_lines = 3;
  report.recording.inlined = true;
  const std::string text = write_profile_text(report, 1);
  CHECK(contains(text, "... 3 more functions with 100 samples; profile.json has all"));
  CHECK(contains(text, "7 LOST"));
  CHECK(contains(text, "3 lines of perf script were not understood"));
  CHECK_FALSE(contains(text, "-Ddebug=true"));
}

TEST_CASE("a profile that there is not says why, and names bring no control characters") {
  ProfileReport report = counted();
  report.no_profile = "there is no perf\x1b[31m";
  report.disturbance = "other work";
  report.optimised = false;
  report.interrupted = true;
  report.scenario.name = "a\x1b[31mb";
  const std::string text = write_profile_text(report, 10);
  CHECK(contains(text, "Not sampled: there is no perf?[31m\n"));
  CHECK(contains(text, "disturbed: other work\n"));
  CHECK(contains(text, "its figures mean nothing"));
  CHECK(contains(text, "interrupted"));
  CHECK_FALSE(contains(text, "\x1b"));
}

TEST_CASE("what perf cost stands side by side, as latencies not to be compared") {
  ProfileReport report = sampled();
  const auto summary_of = [](Nanoseconds p50) {
    ScenarioSummary summary;
    summary.response.percentiles.push_back({Percentile{500'000}, p50, {}, true});
    summary.response.percentiles.push_back({Percentile{990'000}, p50, {}, false});
    summary.achieved_rate = 200'000;
    return summary;
  };
  report.without_perf = summary_of(Nanoseconds(160));
  report.under_perf = summary_of(Nanoseconds(171));
  const std::string text = write_profile_text(report, 10);
  CAPTURE(text);
  CHECK(contains(text, "not to be compared with the latencies of any run"));
  CHECK(contains(text, "without perf  160ns"));
  CHECK(contains(text, "under perf    171ns"));
  const auto json = nlohmann::json::parse(write_profile_json(report));
  CHECK(json["cost_of_perf"]["under_perf"]["response_p50_ns"] == 171);
  CHECK(json["cost_of_perf"]["under_perf"]["response_p99_ns"].is_null());
}

TEST_CASE("the JSON has every function with its whole name, and null for what is missing") {
  const auto json = nlohmann::json::parse(write_profile_json(sampled()));
  CHECK(json["schema"] == "busmark.profile/1");
  CHECK(json["scenario"] == "ring");
  const auto& role = json["counters"]["roles"][0];
  CHECK(role["per_message"]["task-clock"]["median"] == 4980.4);
  CHECK(role["per_message"]["cycles"].is_null());
  CHECK(json["counters"]["events"]["cycles"]["problem"] == kReason);
  CHECK(json["counters"]["events"]["task-clock"]["problem"].is_null());
  CHECK(json["profile"]["roles"][0]["functions"].size() == 4);
  CHECK(json["profile"]["roles"][0]["functions"][0]["symbol"] ==
        "void busmark::produce<A<B>, C>(int)");
  CHECK(json["cost_of_perf"]["under_perf"].is_null());
  CHECK(json["no_profile"].is_null());
  CHECK(nlohmann::json::parse(write_profile_json(counted()))["profile"].is_null());
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "verb/tune/view.hpp"

namespace busmark {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TuneView view(int cores = 2, int marks = 1) {
  TuneView made;
  made.scenario = "one of a.toml";
  made.settings = "queue/mutex, wait yield, batch 1, 100k/s; producer on cpu 2, consumer on cpu 3";
  made.elapsed = std::chrono::seconds(75);
  made.window = std::chrono::seconds(5);
  made.blocks = 150;
  made.counts.published = made.counts.received = 4'500'000;
  ScenarioSummary& now = made.now.emplace();
  now.received_rate = 100'000;
  now.response.count = 500'000;
  now.response.max = std::chrono::microseconds(310);
  FloorSummary& floor = now.floor.emplace();
  floor.max = std::chrono::microseconds(42);
  std::int64_t nanoseconds = 300;
  for (const Percentile percentile : kReportedPercentiles) {
    now.response.percentiles.push_back(
        {.percentile = percentile, .value = Nanoseconds(nanoseconds), .interval = {}});
    floor.percentiles.push_back(
        {.percentile = format_percentile(percentile), .value = Nanoseconds(nanoseconds / 3)});
    nanoseconds *= 3;
  }
  now.response.percentiles.back().supported = false;
  for (int i = 0; i < cores; ++i) {
    made.cores.push_back({.cpu = CpuId{i + 2},
                          .probed = true,
                          .lost_share = 0.0063,
                          .gaps_per_second = 512,
                          .longest = std::chrono::microseconds(42),
                          .interrupts = {{"tick", 250}, {"nvme0q1", 12}}});
  }
  made.course = {1000.0, 2000.0, std::nullopt, 8000.0, 1000.0};
  for (int i = 0; i < marks; ++i) {
    TuneLine& line = made.lines.emplace_back();
    line.knob = "mark " + std::to_string(i + 1);
    line.change = Change::improved;
    MeasureChange& judged = line.judged.emplace();
    judged.measure = "p95";
    judged.old_value = 8000;
    judged.new_value = 4000;
    judged.effect = -0.5;
    judged.low = -0.52;
    judged.high = -0.47;
    judged.p_value = 0.0001;
  }
  return made;
}

TEST_CASE("at 80x24 the picture is this") {
  CHECK(write_tune_view(view(), 80, 24, false) ==
        "busmark tune  one of a.toml  1:15\n"
        "queue/mutex, wait yield, batch 1, 100k/s; producer on cpu 2, consumer on cpu 3\n"
        "150 blocks, 0 invalid; 4500000 messages, 0 lost\n"
        "\n"
        "last 5 s, 100k/s received\n"
        "                 p50    p95     p99   p99.9    max\n"
        "response       300ns  8.1us  24.3us  72.9us  310us\n"
        "machine floor  100ns  2.7us   8.1us  24.3us   42us\n"
        "p95, blocks    |_:?#_| 1us .. 8us\n"
        "\n"
        "core    lost  gaps/s  longest  interrupts\n"
        "   2  0.63 %     512     42us  tick 250/s, nvme0q1 12/s\n"
        "   3  0.63 %     512     42us  tick 250/s, nvme0q1 12/s\n"
        "\n"
        "mark 1: improved; p95 8us -> 4us, -50.0 % (95 %: -52.0 .. -47.0), p 0.0001\n"
        "m marks a change, q ends\n");
}

TEST_CASE("it fits every window, however many cores and marks there are") {
  struct Size {
    std::size_t width;
    std::size_t height;
  };
  for (const Size size : {Size{80, 24}, {200, 60}, {40, 10}, {20, 5}, {1, 1}}) {
    for (const int cores : {0, 2, 64}) {
      for (const int marks : {0, 1, 50}) {
        CAPTURE(size.width);
        CAPTURE(size.height);
        CAPTURE(cores);
        TuneView one = view(cores, marks);
        one.trouble = "INVALID: " + std::string(300, 'x');
        for (int i = 0; i < 400; ++i) one.course.emplace_back(1000.0 + i);
        const auto lines = lines_of(write_tune_view(one, size.width, size.height, false));
        CHECK(lines.size() <= size.height);
        for (const std::string& line : lines) CHECK(line.size() <= size.width);
        REQUIRE(!lines.empty());
        CHECK(lines.back().starts_with(std::string("m marks a change").substr(0, size.width)));
      }
    }
  }
}

TEST_CASE("the newest mark is seen at 80x24 on 64 cores, and all are at 200x60 on two") {
  const std::string small = write_tune_view(view(64, 50), 80, 24, false);
  CHECK(small.find("mark 50: improved") != std::string::npos);
  CHECK(small.find("more cores") != std::string::npos);
  const std::string large = write_tune_view(view(2, 30), 200, 60, false);
  CHECK(large.find("mark 1: improved") != std::string::npos);
  CHECK(large.find("mark 30: improved") != std::string::npos);
}

TEST_CASE("colours appear only where they are wanted, and never count as columns") {
  CHECK(write_tune_view(view(), 80, 24, false).find('\x1b') == std::string::npos);
  std::string colored = write_tune_view(view(), 80, 24, true);
  CHECK(colored.find("\x1b[32mmark 1") != std::string::npos);
  for (const char* code : {"\x1b[1m", "\x1b[32m", "\x1b[0m"}) {
    for (std::size_t at; (at = colored.find(code)) != std::string::npos;) {
      colored.erase(at, std::string(code).size());
    }
  }
  CHECK(colored == write_tune_view(view(), 80, 24, false));
}

TEST_CASE("names of any origin cannot command the terminal, nor is a character cut in two") {
  TuneView one = view();
  one.scenario = "\x1b]0;x\x07";
  one.label = "\x1b[2J";
  CHECK(write_tune_view(one, 80, 24, false).find('\x1b') == std::string::npos);
  one.scenario = "\xc3\xa4\xc3\xa4\xc3\xa4";
  const auto lines = lines_of(write_tune_view(one, 17, 24, false));
  CHECK(lines.front() == "busmark tune  \xc3\xa4");
}

TEST_CASE("before the first block and while a name is typed it says so") {
  TuneView one = view(2, 0);
  one.now.reset();
  one.course.clear();
  const std::string text = write_tune_view(one, 80, 24, false);
  CHECK(text.find("the first block is running") != std::string::npos);
  CHECK(text.find("no mark yet") != std::string::npos);
  one.label = "gov";
  CHECK(lines_of(write_tune_view(one, 80, 24, false)).back() == "name of the mark (Enter): gov_");
  one.label.reset();
  one.awaited = 7;
  CHECK(lines_of(write_tune_view(one, 80, 24, false)).back() ==
        "m marks a change, q ends; verdict in 7 blocks");
}

TEST_CASE("of a name that is longer than the line its end is seen, in whole characters") {
  TuneView one = view();
  one.label = std::string(60, 'a') + "\xc3\xa4" + "bc";
  const auto last = [&](std::size_t width) {
    return lines_of(write_tune_view(one, width, 24, false)).back();
  };
  CHECK(last(5) ==
        "\xc3\xa4"
        "bc_");
  CHECK(last(4) == "bc_");
  CHECK(last(80).size() == 80);
  CHECK(last(80).ends_with("bc_"));
}

TEST_CASE("without a terminal there is one plain line") {
  CHECK(write_tune_status(view()) ==
        "  1:15  p50 300ns  p95 8.1us  p99 24.3us  p99.9 72.9us  max 310us  100k/s  floor p95 "
        "2.7us  cpu2 0.63 % lost  cpu3 0.63 % lost\n");
  TuneView one = view();
  one.trouble = "INVALID: late";
  CHECK(write_tune_status(one).ends_with("  ! INVALID: late\n"));
}

}  // namespace
}  // namespace busmark

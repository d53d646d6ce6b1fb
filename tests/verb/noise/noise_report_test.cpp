// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "busmark/histogram/log.hpp"

#include "support/noise.hpp"
#include "support/text.hpp"
#include "verb/noise/tell.hpp"

namespace busmark {
namespace {

using testing::contains;
using testing::longest_line;

using namespace std::chrono_literals;
using Json = nlohmann::json;
using testing::add_gaps;
using testing::interrupts;
using testing::quiet_core;

/// A quiet core with a large number, and one on which everything happened that has a long name.
NoiseResult two_cores() {
  NoiseResult result = testing::noise_result();
  result.cores.push_back(quiet_core(127));
  CoreNoise busy = quiet_core(0);
  add_gaps(busy, 9000, 15us);
  add_gaps(busy, 90, 1239us);
  add_gaps(busy, 25, 12ms, true);
  for (Nanoseconds at = 2s; at < 3s; at += 8ms) busy.gaps.record(at, 4ms, true);
  busy.interrupts = {
      interrupts(InterruptKind::device, "ehci_hcd:usb1, snd_hda_intel:card0", 1'234'567),
      interrupts(InterruptKind::tick, "tick", 2500),
      interrupts(InterruptKind::cross_call, "Rescheduling interrupts", 1),
      interrupts(InterruptKind::other, "Machine check polls", 1)};
  busy.softirqs = {interrupts(InterruptKind::soft, "NET_RX", 12)};
  busy.stolen = 30ms;
  busy.lateness.record_n(60'123, 500);
  busy.lateness.record(3'456'789);
  result.cores.push_back(std::move(busy));
  result.environment.cpu_model = "AMD EPYC 9R14 96-Core Processor";
  result.environment.virtual_machine = true;
  return result;
}

TEST_CASE("the noise table fits 80 columns whatever happened") {
  const NoiseResult result = two_cores();
  const std::string text = write_noise_text(summarise(result));
  CAPTURE(text);
  CHECK(longest_line(text) <= 80);
}

TEST_CASE("the noise text tells each core's loss, causes, longest gaps and episodes") {
  const NoiseResult result = two_cores();
  const std::string text = write_noise_text(summarise(result));
  CAPTURE(text);
  CHECK(contains(text, "cpu 127\n  lost        0 %: 0 % in place (0/s)"));
  CHECK(contains(text, "12ms at"));
  CHECK(contains(text, "(switch)"));
  CHECK(contains(text, "episode     2s to 3s: "));
  CHECK(contains(text, "mostly to other threads"));
  CHECK(contains(text, "irqs/s      ehci_hcd:usb1 123k, tick 250, Rescheduling 0.1\n"));
  CHECK(contains(text, "steal       30ms"));
  CHECK(contains(text, "irqs/s      none counted\n"));
  CHECK_FALSE(contains(text, "interrupted"));
}

TEST_CASE("an interrupted noise run says so") {
  NoiseResult result = two_cores();
  result.interrupted = true;
  CHECK(contains(write_noise_text(summarise(result)), "interrupted: "));
  CHECK(Json::parse(write_noise_json(summarise(result)))["interrupted"] == true);
}

TEST_CASE("the JSON of noise holds what was measured, and null for what is not known") {
  const NoiseResult result = two_cores();
  const Json root = Json::parse(write_noise_json(summarise(result)));
  CHECK(root["schema"] == "busmark.noise/1");
  CHECK(root["threshold_ns"] == 500);
  CHECK(root["machine"]["virtual_machine"] == true);
  REQUIRE(root["cores"].size() == 2);
  const Json& quiet = root["cores"][0];
  CHECK(quiet["cpu"] == 127);
  CHECK(quiet["gaps"] == 0);
  CHECK(quiet["gap_ns"]["max"].is_null());
  CHECK(quiet["gap_ns"]["p99"].is_null());
  CHECK(quiet["wait_ns"]["p99"] == 0);
  CHECK(quiet["late_ns"]["max"].is_null());
  CHECK(quiet["causes"]["main"] == "none");
  CHECK(quiet["causes"]["steal_ns"].is_null());
  const Json& busy = root["cores"][1];
  CHECK(busy["gaps"] == 9'240);
  CHECK(busy["gap_ns"]["max"] == 12'000'000);
  CHECK(busy["gaps_over_per_second"]["1ms"] == doctest::Approx(24));
  CHECK(busy["gaps_over_per_second"]["10us"] == doctest::Approx(924));
  CHECK(busy["late_ns"]["max"] == 3'456'789);
  CHECK(busy["sleeps"] == 501);
  CHECK(busy["causes"]["steal_ns"] == 30'000'000);
  CHECK(busy["causes"]["interrupts"][1]["kind"] == "tick");
  CHECK(busy["longest"][0]["cause"] == "switch");
  CHECK(busy["episodes"].size() == 1);
}

TEST_CASE("the log of noise holds each core's histograms under its tag") {
  const NoiseResult result = two_cores();
  std::istringstream text(write_noise_log(summarise(result)));
  HistogramLogReader reader(text);
  std::vector<HistogramLogInterval> intervals;
  while (auto interval = reader.next()) intervals.push_back(*std::move(interval));
  REQUIRE(intervals.size() == 5);  // no timer ran on the quiet core
  CHECK(intervals[0].tag == "cpu127:gaps");
  CHECK(intervals[0].length == 10s);
  CHECK(intervals[0].histogram.total() == 0);
  CHECK(intervals[2].tag == "cpu0:gaps");
  CHECK(intervals[2].histogram.total() == 9'240);
  CHECK(intervals[3].tag == "cpu0:switched");
  CHECK(intervals[3].histogram.total() == 150);
  CHECK(intervals[4].tag == "cpu0:late");
  CHECK(intervals[4].histogram.total() == 501);
  CHECK(intervals[4].start - intervals[2].start == 10s);
}

}  // namespace
}  // namespace busmark

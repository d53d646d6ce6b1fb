// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/core_matrices.hpp"
#include "support/text.hpp"
#include "verb/cores/tell.hpp"

namespace busmark {
namespace {

using testing::contains;
using testing::longest_line;

using namespace std::chrono_literals;
using Json = nlohmann::json;

CoresReport report_of(int cores) {
  CoresReport report;
  report.topology = testing::topology_of(cores, 2);
  report.clock.source = ClockSource::tsc;
  report.matrix = testing::matrix_of(cores, [](int a, int b) {
    if (a / 2 == b / 2) return 12.5;
    return a / 8 == b / 8 ? 45.25 : 165.0;
  });
  return report;
}

void add_wakes(CoresReport& report) {
  report.wake.emplace();
  for (const WakeMethod method : kWakeMethods) {
    for (const CpuId waker : report.matrix.cores) {
      report.wake->clocks.push_back({.cpu = waker, .counter = 9.5, .ordered = 18.1});
      for (const CpuId sleeper : report.matrix.cores) {
        if (waker == sleeper) continue;
        report.wake->pairs.push_back({.waker = waker,
                                      .sleeper = sleeper,
                                      .method = method,
                                      .min = 15us,
                                      .p50 = Nanoseconds(20'840),
                                      .p95 = 34us,
                                      .max = 1234us,
                                      .call_p50 = 7us});
      }
    }
  }
}

TEST_CASE("the matrix shows medians, and its colours the class") {
  const CoresReport report = report_of(4);
  const std::string plain = write_cores_text(report, false);
  CAPTURE(plain);
  CHECK(contains(plain, "ns          0    1    2    3\n"));
  CHECK(contains(plain, "       0    .   12   45   45\n"));
  CHECK_FALSE(contains(plain, "\x1b"));
  const std::string coloured = write_cores_text(report, true);
  CHECK(contains(coloured, "\x1b[32m   12\x1b[0m"));
  CHECK(contains(coloured, "\x1b[33m   45\x1b[0m"));
  CHECK(contains(coloured, "\x1b[33mnear\x1b[0m"));
}

TEST_CASE("the cores' text fits 80 columns on two cores and on 128") {
  for (const int cores : {2, 9, 20, 128}) {
    CAPTURE(cores);
    CoresReport report = report_of(cores);
    add_wakes(report);
    report.advice = suggest_cores(report.topology, report.matrix, 2);
    CHECK(longest_line(write_cores_text(report, false)) <= 80);
  }
}

TEST_CASE("each pair is listed with its spread and the kernel's word, the farthest first") {
  const std::string text = write_cores_text(report_of(4), false);
  CAPTURE(text);
  CHECK(contains(text, "0-1  11.5    12.5"));
  CHECK(contains(text, "SMT siblings"));
  CHECK(text.find("0-2") < text.find("0-1"));
  // Of 190 pairs not all.
  CHECK(contains(write_cores_text(report_of(20), false), "the 28 farthest of 190 pairs"));
}

TEST_CASE("wake-ups, clock costs and a suggestion are told when they were asked for") {
  CoresReport report = report_of(4);
  CHECK_FALSE(contains(write_cores_text(report, false), "wake-up"));
  CHECK_FALSE(contains(write_cores_text(report, false), "suggested"));
  add_wakes(report);
  report.advice = CoreAdvice{.cores = {CpuId{2}, CpuId{3}}, .reasons = {"because"}};
  const std::string text = write_cores_text(report, false);
  CHECK(contains(text, "futex wake-up, one way"));
  CHECK(contains(text, "eventfd wake-up, one way"));
  CHECK(contains(text, "       0    . 20.8 20.8 20.8\n"));
  CHECK(contains(text, "at worst p95 34us, max 1.23ms; the waker's own call 7us"));
  CHECK(contains(text, "cores = [2, 3]\n  because\n"));
}

TEST_CASE("what was not measured before an interruption is marked") {
  CoresReport report = report_of(3);
  report.matrix.pairs.resize(1);
  report.matrix.interrupted = true;
  const std::string text = write_cores_text(report, false);
  CHECK(contains(text, "    ?"));
  CHECK(contains(text, "interrupted"));
  CHECK(Json::parse(write_cores_json(report))["interrupted"] == true);
}

TEST_CASE("the JSON of cores holds every pair, and null for what was not asked for") {
  CoresReport report = report_of(4);
  Json root = Json::parse(write_cores_json(report));
  CHECK(root["schema"] == "busmark.cores/1");
  CHECK(root["cores"] == Json({0, 1, 2, 3}));
  REQUIRE(root["pairs"].size() == 6);
  CHECK(root["pairs"][0]["class"] == "close");
  CHECK(root["pairs"][0]["one_way_ns"]["median"] == 12.5);
  CHECK(root["pairs"][0]["round_trip_ns"] == 25.0);
  CHECK(root["pairs"][0]["kernel_relation"] == to_string(Relation::smt_sibling));
  CHECK(root["wake"].is_null());
  CHECK(root["suggestion"].is_null());
  add_wakes(report);
  report.advice = CoreAdvice{.cores = {CpuId{1}, CpuId{2}}, .reasons = {"because"}};
  root = Json::parse(write_cores_json(report));
  CHECK(root["wake"]["pairs"].size() == 24);
  CHECK(root["wake"]["pairs"][0]["latency_ns"]["p50"] == 20'840);
  CHECK(root["wake"]["clock_read_ns"][0]["ordered"] == 18.1);
  CHECK(root["suggestion"]["cores"] == Json({1, 2}));
}

TEST_CASE("the CSV of cores has a header and a row for each direction, all of one width") {
  CoresReport report = report_of(3);
  add_wakes(report);
  report.matrix.pairs.erase(report.matrix.pairs.begin());
  std::istringstream lines(write_cores_csv(report));
  std::string line;
  std::getline(lines, line);
  CHECK(line.starts_with("from_cpu,to_cpu,one_way_min_ns"));
  const auto commas = std::count(line.begin(), line.end(), ',');
  int rows = 0;
  while (std::getline(lines, line)) {
    CHECK(std::count(line.begin(), line.end(), ',') == commas);
    ++rows;
  }
  CHECK(rows == 4);
  CHECK(line.empty());
  CHECK(contains(write_cores_csv(report), "0,2,44.25,45.25,44.75,47.25,90.50,near,"));
  CHECK(contains(write_cores_csv(report), ",20840,20840\n"));
}

TEST_CASE("a move is one line with both places") {
  const DriftEvent event{
      .at = 12'340ms, .from = CpuId{0}, .to = CpuId{1}, .before_ns = 43.4, .after_ns = 165};
  CHECK(write_drift_event(event, false) == "    12.3 s  cpu 0-1      near 43 ns -> far 165 ns\n");
  CHECK(contains(write_drift_event(event, true), "\x1b[31mfar 165 ns\x1b[0m"));
}

TEST_CASE("the table of a watch shares the looks out among the classes") {
  PairDrift pair{.from = CpuId{0}, .to = CpuId{1}, .looks = 40, .moves = 2};
  pair.by_class[static_cast<std::size_t>(Distance::near)] = 30;
  pair.by_class[static_cast<std::size_t>(Distance::far)] = 10;
  const std::string text = write_drift_text({pair});
  CHECK(contains(text, "0-1     40      2  0.0 %  75.0 %  25.0 %"));
  CHECK(longest_line(text) <= 80);
  CHECK(longest_line(write_drift_text({})) <= 80);
}

}  // namespace
}  // namespace busmark

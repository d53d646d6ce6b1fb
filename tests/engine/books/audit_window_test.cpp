// SPDX-License-Identifier: Apache-2.0
#include "engine/books/audit_window.hpp"

#include <array>
#include <atomic>
#include <limits>
#include <random>
#include <thread>

#include <doctest/doctest.h>

#include "aspect/fault/fault.hpp"
#include "engine/books/sequence_audit.hpp"

namespace busmark {
namespace {

constexpr std::uint64_t kNumbers = 1 << 16;  // the smallest window
constexpr std::uint64_t kMany = 5 * kNumbers + 777;
const std::atomic<std::uint64_t> kFromTheFirst{0};

/// A consumer's audit in windows of its own or of its audience.
SequenceAudit audit_in(AuditWindow& window, std::uint64_t limit = kMany) {
  const std::array<AuditWindow*, 1> windows{&window};
  return SequenceAudit(std::array<std::uint64_t, 1>{limit}, windows);
}

AuditCounts settled(SequenceAudit& audit, std::uint64_t first, std::uint64_t end) {
  audit.settle();
  const std::array<const SequenceAudit*, 1> audience{&audit};
  return SequenceAudit::combine(audience, 0, first, end);
}

TEST_CASE("a window counts every number of a run that is many times as long") {
  AuditWindow window(1, false, kFromTheFirst);
  SequenceAudit audit = audit_in(window);
  for (std::uint64_t n = 0; n < kMany; ++n) CHECK(audit.observe(0, n));
  const AuditCounts counts = settled(audit, 0, kMany);
  CHECK(counts.unique == kMany);
  CHECK(counts.earlier == 0);
  CHECK(counts.never_sent == 0);
  CHECK(counts.duplicated == 0);
  CHECK(counts.reordered == 0);
  CHECK(counts.too_late == 0);
  CHECK(audit.corrupt() == 0);
}

TEST_CASE("a warm-up of any length is told from the messages that are measured") {
  for (const std::uint64_t warmup :
       {std::uint64_t{0}, std::uint64_t{33}, kNumbers + 5, 3 * kNumbers - 1, kMany}) {
    CAPTURE(warmup);
    std::atomic<std::uint64_t> first{std::numeric_limits<std::uint64_t>::max()};
    AuditWindow window(1, false, first);
    SequenceAudit audit = audit_in(window);
    for (std::uint64_t n = 0; n < kMany; ++n) {
      if (n == warmup) first = warmup;  // as its producer does
      if (n % 100 != 7) audit.observe(0, n);
    }
    const auto arrived = [](std::uint64_t end) { return end - (end + 92) / 100; };
    const AuditCounts counts = settled(audit, warmup, kMany);
    CHECK(counts.earlier == arrived(warmup));
    CHECK(counts.unique == arrived(kMany) - arrived(warmup));
    CHECK(counts.never_sent == 0);
  }
}

TEST_CASE("within its reach a window tells what the exact audit tells, whatever comes how") {
  std::mt19937_64 random(7);
  for (std::size_t round = 0; round < 5; ++round) {
    const std::uint64_t first = std::array{std::uint64_t{0}, std::uint64_t{777}, kNumbers - 1,
                                           2 * kNumbers + 40, kMany}[round];
    const std::atomic<std::uint64_t> first_measured{first};
    AuditWindow window(1, round % 2 == 1, first_measured);
    SequenceAudit windowed = audit_in(window);
    SequenceAudit exact(std::array<std::uint64_t, 1>{kMany});
    std::uint64_t highest = 0;
    const auto bring = [&](std::uint64_t n) {
      windowed.observe(0, n);
      exact.observe(0, n);
      highest = std::max(highest, n);
    };
    for (std::uint64_t n = 0; n < kMany; ++n) {
      if (random() % 10 == 0) continue;  // lost, or late
      bring(n);
      if (random() % 10 != 0) continue;
      bring(highest - random() % std::min(highest + 1, window.reach()));
    }
    const AuditCounts ours = settled(windowed, first, kMany);
    const AuditCounts truth = settled(exact, first, kMany);
    CHECK(ours.unique == truth.unique);
    CHECK(ours.earlier == truth.earlier);
    CHECK(ours.duplicated == truth.duplicated);
    CHECK(ours.reordered == truth.reordered);
    CHECK(ours.duplicates.first == truth.duplicates.first);
    CHECK(ours.reorders.last == truth.reorders.last);
    CHECK(ours.too_late == 0);
    CHECK(windowed.duplicated() == exact.duplicated());
  }
}

TEST_CASE("what comes when its cell is closed is counted as too late, and stays lost") {
  AuditWindow window(1, false, kFromTheFirst);
  SequenceAudit audit = audit_in(window);
  for (std::uint64_t n = 0; n <= kNumbers + 32; ++n) {
    if (n != 5) audit.observe(0, n);
  }
  audit.observe(0, 5);   // was missing
  audit.observe(0, 6);   // was not: nobody can tell these two apart now
  audit.observe(0, 64);  // its cell is still open
  const AuditCounts counts = settled(audit, 0, kNumbers + 33);
  CHECK(counts.unique == kNumbers + 32);
  CHECK(counts.too_late == 2);
  CHECK(counts.duplicated == 1);
  CHECK(audit.duplicated() == 3);  // none of them stands for a message that is still awaited
}

TEST_CASE("a run of losses longer than the window is counted") {
  AuditWindow window(1, false, kFromTheFirst);
  SequenceAudit audit = audit_in(window);
  for (std::uint64_t n = 0; n < 100; ++n) audit.observe(0, n);
  for (std::uint64_t n = kMany - 100; n < kMany; ++n) audit.observe(0, n);
  CHECK(settled(audit, 0, kMany).unique == 200);
}

TEST_CASE("numbers that nobody sent are never taken for messages") {
  AuditWindow window(1, false, kFromTheFirst);
  SequenceAudit audit = audit_in(window);
  for (std::uint64_t n = 0; n < 1000; ++n) audit.observe(0, n);
  audit.observe(0, kMany - 1);  // below the limit, but not sent yet
  audit.observe(0, 2 * kMany);  // beyond what can be sent
  audit.observe(1, 0);          // there is no such producer
  CHECK(audit.corrupt() == 2);
  const AuditCounts counts = settled(audit, 0, 1000);
  CHECK(counts.unique == 1000);
  CHECK(counts.never_sent == 1);

  // Two laps ahead, so that the first of them leaves the window as if it had been a message.
  AuditWindow other(1, false, kFromTheFirst);
  SequenceAudit misled = audit_in(other);
  misled.observe(0, 2 * kNumbers);
  misled.observe(0, 3 * kNumbers);
  CHECK(settled(misled, 0, 10).unique + settled(misled, 0, 10).never_sent == 2);
  CHECK(settled(misled, 0, 10).unique <= 10);
}

TEST_CASE("consumers of one audience book into one window and betray double delivery") {
  constexpr std::uint32_t kConsumers = 3;
  AuditWindow window(1, true, kFromTheFirst);
  std::vector<SequenceAudit> audits;
  for (std::uint32_t i = 0; i < kConsumers; ++i) audits.push_back(audit_in(window));
  std::vector<const SequenceAudit*> audience;
  for (const SequenceAudit& audit : audits) audience.push_back(&audit);
  std::atomic<std::uint64_t> next{0};
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < kConsumers; ++i) {
      threads.emplace_back([&, i] {
        // In runs, so that many of them work on the same cell, and every 1000th number twice.
        while (true) {
          const std::uint64_t begin = next.fetch_add(8);
          if (begin >= kMany) return audits[i].settle();
          for (std::uint64_t n = begin; n < std::min(begin + 8, kMany); ++n) {
            audits[i].observe(0, n);
            if (n % 1000 == 0) audits[i].observe(0, n);
          }
        }
      });
    }
  }
  const AuditCounts counts = SequenceAudit::combine(audience, 0, 0, kMany);
  // A thread that lost its core for a lap brings numbers too late; none is lost from the books.
  CHECK(counts.unique <= kMany);
  CHECK(counts.unique + counts.duplicated + counts.too_late == kMany + (kMany + 999) / 1000);
}

TEST_CASE("what one consumer of an audience keeps back is booked before it is too late") {
  AuditWindow window(1, true, kFromTheFirst);
  SequenceAudit idle = audit_in(window);
  SequenceAudit busy = audit_in(window);
  idle.observe(0, 0);
  idle.settle();
  for (std::uint64_t n = 0; n < 2 * kNumbers; ++n) busy.observe(0, n);
  busy.settle();
  const std::array<const SequenceAudit*, 2> audience{&idle, &busy};
  const AuditCounts counts = SequenceAudit::combine(audience, 0, 0, 2 * kNumbers);
  CHECK(counts.unique == 2 * kNumbers);
  CHECK(counts.duplicated == 1);
  CHECK(counts.too_late == 0);
}

TEST_CASE("windows are for a soak and for saturation, but not where a fault is made") {
  Scenario scenario;
  CHECK_FALSE(AuditWindows::used_by(scenario));
  scenario.soak = true;
  CHECK(AuditWindows::used_by(scenario));
  scenario.soak = false;
  scenario.load.rate.reset();
  CHECK(AuditWindows::used_by(scenario));
  scenario.fault = parse_fault("corrupt at 10ms for 10ms");
  CHECK_FALSE(AuditWindows::used_by(scenario));
}

TEST_CASE("each audience of a soak has windows for those who owe it messages") {
  Scenario scenario;
  scenario.producers = 2;
  scenario.consumers = 3;
  CHECK(AuditWindows(scenario).of(0).empty());
  scenario.soak = true;
  const auto check = [&](Pattern pattern, std::uint64_t windows) {
    scenario.pattern = pattern;
    CHECK(AuditWindows::count(scenario) == windows);
    return AuditWindows(scenario);
  };
  const AuditWindows group = check(Pattern::queue_group, 2);
  CHECK(group.of(0)[0] == group.of(2)[0]);
  CHECK(group.of(0)[0] != group.of(0)[1]);
  const AuditWindows fan_out = check(Pattern::fan_out, 6);
  CHECK(fan_out.of(0)[0] != fan_out.of(1)[0]);
  const AuditWindows requests = check(Pattern::request_reply, 4);
  CHECK(requests.of(3)[0] != nullptr);
  CHECK(requests.of(3)[1] == nullptr);
  CHECK(requests.of(4)[1] != nullptr);
}

TEST_CASE("a window holds ten seconds, however long the run is, and all windows fit into memory") {
  using namespace std::chrono_literals;
  Scenario scenario;
  scenario.soak = true;
  scenario.load.rate = MessageRate{1e6};
  scenario.duration = 24h;
  scenario.warmup = 60s;
  CHECK(AuditWindows::numbers(scenario) >= 10'000'000);
  CHECK(AuditWindows::numbers(scenario) < 11'000'000);
  scenario.load.rate.reset();
  CHECK(AuditWindows::numbers(scenario) == 1 << 26);
  scenario.producers = 64;
  scenario.consumers = 64;
  scenario.pattern = Pattern::fan_out;
  CHECK(AuditWindow::bytes(AuditWindows::numbers(scenario)) * 64 * 64 <= 256 << 20);
}

}  // namespace
}  // namespace busmark

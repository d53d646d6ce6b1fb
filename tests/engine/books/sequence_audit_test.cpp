// SPDX-License-Identifier: Apache-2.0
#include "engine/books/sequence_audit.hpp"

#include <array>

#include <doctest/doctest.h>

namespace busmark {
namespace {

AuditCounts combine(const SequenceAudit& audit, std::uint64_t first, std::uint64_t end) {
  const std::array audience{&audit};
  return SequenceAudit::combine(audience, 0, first, end);
}

TEST_CASE("every sequence number that came once is unique and nothing else") {
  SequenceAudit audit(std::array<std::uint64_t, 1>{1000});
  for (std::uint64_t sequence = 0; sequence < 1000; ++sequence) audit.observe(0, sequence);
  const AuditCounts counts = combine(audit, 0, 1000);
  CHECK(counts.unique == 1000);
  CHECK(counts.duplicated == 0);
  CHECK(counts.reordered == 0);
  CHECK(counts.earlier == 0);
  CHECK(counts.never_sent == 0);
  CHECK(audit.corrupt() == 0);
}

TEST_CASE("a lost number is missing, a late one is reordered, a second one is a duplicate") {
  SequenceAudit audit(std::array<std::uint64_t, 1>{200});
  for (const std::uint64_t sequence : {0U, 1U, 3U, 2U, 5U, 5U, 6U}) audit.observe(0, sequence);
  const AuditCounts counts = combine(audit, 0, 7);
  CHECK(counts.unique == 6);     // 4 is lost
  CHECK(counts.reordered == 1);  // 2 after 3; the second 5 is a copy
  CHECK(counts.duplicated == 1);
}

TEST_CASE("what none of an audience received is named in runs, whatever their place") {
  const std::array<std::uint64_t, 1> limits{300};
  SequenceAudit one(limits);
  SequenceAudit other(limits);
  const auto lost = [](std::uint64_t n) { return n == 0 || (n >= 60 && n < 130) || n == 299; };
  for (std::uint64_t n = 0; n < 300; ++n) {
    if (!lost(n)) (n % 3 == 0 ? one : other).observe(0, n);
  }
  const std::array<const SequenceAudit*, 2> both{&one, &other};
  const auto runs = SequenceAudit::missing(both, 0, 0, 300);
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].first == 0);
  CHECK(runs[0].last == 0);
  CHECK(runs[1].first == 60);
  CHECK(runs[1].last == 129);
  CHECK(runs[2].first == 299);
  CHECK(runs[2].last == 299);
  const auto part = SequenceAudit::missing(both, 0, 63, 100);
  REQUIRE(part.size() == 1);
  CHECK(part[0].first == 63);
  CHECK(part[0].last == 99);
  CHECK(SequenceAudit::missing(both, 0, 130, 299).empty());
  CHECK(SequenceAudit::missing(both, 0, 7, 7).empty());
}

TEST_CASE("the lowest and highest duplicate and latecomer are known") {
  const std::array<std::uint64_t, 1> limits{300};
  SequenceAudit one(limits);
  SequenceAudit other(limits);
  for (const std::uint64_t n : {0U, 5U, 3U, 5U, 200U, 100U, 200U}) one.observe(0, n);
  const std::array<const SequenceAudit*, 1> alone{&one};
  const AuditCounts counts = SequenceAudit::combine(alone, 0, 0, 300);
  CHECK(counts.duplicates.first == 5);
  CHECK(counts.duplicates.last == 200);
  CHECK(counts.reorders.first == 3);
  CHECK(counts.reorders.last == 100);
  other.observe(0, 0);
  other.observe(0, 100);
  const std::array<const SequenceAudit*, 2> both{&one, &other};
  CHECK(SequenceAudit::combine(both, 0, 0, 300).duplicates.first == 0);
  const std::array<const SequenceAudit*, 1> second{&other};
  CHECK(SequenceAudit::combine(second, 0, 0, 300).duplicates.empty());
  CHECK(SequenceAudit::combine(second, 0, 0, 300).reorders.empty());
}

TEST_CASE("only numbers inside the asked range count as unique, at any offset") {
  SequenceAudit audit(std::array<std::uint64_t, 1>{300});
  for (std::uint64_t sequence = 0; sequence < 300; ++sequence) audit.observe(0, sequence);
  for (std::uint64_t first = 0; first <= 300; first += 7) {
    for (std::uint64_t end = first; end <= 300; end += 11) {
      CAPTURE(first);
      CAPTURE(end);
      const AuditCounts counts = combine(audit, first, end);
      CHECK(counts.unique == end - first);
      CHECK(counts.earlier == first);
      CHECK(counts.never_sent == 300 - end);
    }
  }
}

TEST_CASE("consumers that share the work complete each other and betray double delivery") {
  const std::array<std::uint64_t, 1> limits{100};
  SequenceAudit even(limits);
  SequenceAudit odd(limits);
  for (std::uint64_t sequence = 0; sequence < 100; ++sequence) {
    (sequence % 2 == 0 ? even : odd).observe(0, sequence);
  }
  odd.observe(0, 98);  // also delivered to the other consumer
  const std::array<const SequenceAudit*, 2> audience{&even, &odd};
  const AuditCounts counts = SequenceAudit::combine(audience, 0, 0, 100);
  CHECK(counts.unique == 100);
  CHECK(counts.duplicated == 1);
}

TEST_CASE("an impossible producer or sequence number is corrupt and touches no memory") {
  SequenceAudit audit(std::array<std::uint64_t, 1>{10});
  audit.observe(1, 0);
  audit.observe(0, 10);
  audit.observe(0, ~std::uint64_t{0});
  CHECK(audit.corrupt() == 3);
  CHECK(combine(audit, 0, 10).unique == 0);
}

TEST_CASE("producers are audited apart") {
  SequenceAudit audit(std::array<std::uint64_t, 2>{10, 10});
  audit.observe(0, 5);
  audit.observe(1, 0);
  const std::array<const SequenceAudit*, 1> audience{&audit};
  CHECK(SequenceAudit::combine(audience, 0, 0, 10).unique == 1);
  CHECK(SequenceAudit::combine(audience, 1, 0, 10).unique == 1);
  CHECK(SequenceAudit::combine(audience, 1, 0, 10).reordered == 0);
}

}  // namespace
}  // namespace busmark

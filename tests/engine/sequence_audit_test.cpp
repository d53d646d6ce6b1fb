// SPDX-License-Identifier: Apache-2.0
#include "busmark/engine/sequence_audit.hpp"

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

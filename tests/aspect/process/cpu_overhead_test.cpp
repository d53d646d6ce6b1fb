// SPDX-License-Identifier: Apache-2.0
#include "aspect/process/cpu_overhead.hpp"

#include <doctest/doctest.h>

#include "judge/verdict.hpp"
#include "support/results.hpp"

namespace busmark {
namespace {

/// As many repetitions as there are direct calls, each message of which costs 1000 ns.
ScenarioResult compared(const std::vector<double>& transport_ns, const std::string& budget) {
  std::vector<RepetitionResult> repetitions;
  for (const double one : transport_ns) {
    repetitions.push_back(testing::repetition(1000, std::chrono::milliseconds(1)));
    repetitions.back().cpu = CpuPerMessage{.transport_ns = one, .direct_ns = 1000};
  }
  return testing::scenario(std::move(repetitions), {budget});
}

BudgetVerdict verdict(const std::vector<double>& transport_ns, const std::string& budget) {
  const ScenarioResult result = compared(transport_ns, budget);
  return judge(result, summarise(result)).budgets.front();
}

TEST_CASE("what a transport adds is the median of the differences, with an interval") {
  const ScenarioResult result =
      compared({1040, 1010, 1020, 1030, 1050, 1060}, "cpu_overhead < 10%");
  const std::optional<CpuOverhead> cpu = summarise_cpu(result, {0, 1, 2, 3, 4, 5});
  REQUIRE(cpu);
  CHECK(cpu->repetitions == 6);
  CHECK(cpu->direct_ns == 1000);
  CHECK(cpu->transport_ns == 1035);
  CHECK(cpu->added_ns.value == doctest::Approx(35));
  CHECK(cpu->added_ns.low == doctest::Approx(10));  // six values: from the least to the greatest
  CHECK(cpu->added_ns.high == doctest::Approx(60));
  CHECK(cpu->share.value == doctest::Approx(0.035));
  CHECK_FALSE(summarise_cpu(result, {}));
}

TEST_CASE("a budget of processor time is judged by the interval, as a share or as a time") {
  const std::vector<double> six{1040, 1010, 1020, 1030, 1050, 1060};
  CHECK(verdict(six, "cpu_overhead < 10%").verdict == Verdict::pass);
  CHECK(verdict(six, "cpu_overhead < 100ns").verdict == Verdict::pass);
  CHECK(verdict(six, "cpu_overhead < 5%").verdict == Verdict::inconclusive);
  CHECK(verdict(six, "cpu_overhead < 5%").reason ==
        "the limit lies inside the interval 1 % .. 6 %");
  CHECK(verdict(six, "cpu_overhead < 50ns").verdict == Verdict::inconclusive);
  CHECK(verdict(six, "cpu_overhead < 9ns").verdict == Verdict::fail);
  CHECK(*verdict(six, "cpu_overhead < 9ns").value == doctest::Approx(35));
  CHECK(verdict({990, 990, 990, 990, 990, 990}, "cpu_overhead < 1%").verdict == Verdict::pass);
}

TEST_CASE("too few repetitions, or figures that are not known, judge nothing") {
  const BudgetVerdict few = verdict({1010, 1010, 1010, 1010, 1010}, "cpu_overhead < 10%");
  CHECK(few.verdict == Verdict::inconclusive);
  CHECK(few.reason ==
        "an interval needs 6 repetitions that count and there are 5; raise run.repetitions");
  CHECK(verdict({1010}, "cpu_overhead < 10%").reason ==
        "an interval needs 6 repetitions that count and there is 1; raise run.repetitions");
  ScenarioResult unknown = compared({1, 2, 3, 4, 5, 6}, "cpu_overhead < 10%");
  unknown.repetitions[3].cpu.reset();
  const BudgetVerdict judged = judge(unknown, summarise(unknown)).budgets.front();
  CHECK(judged.verdict == Verdict::inconclusive);
  CHECK_FALSE(judged.value);
}

}  // namespace
}  // namespace busmark

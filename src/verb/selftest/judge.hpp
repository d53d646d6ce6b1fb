// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/self_overhead.hpp"
#include "judge/verdict.hpp"
#include "verb/selftest/measure.hpp"

namespace busmark {

/// From best to worst; a case is as bad as its worst check, a self-test as its worst case.
enum class SelfTestOutcome : std::uint8_t {
  holds,
  undecided,  ///< The machine was too disturbed for this check, every time.
  fails,      ///< The instrument reports what is not there.
};

/// What a case is about, and so which figures are compared.
enum class SelfTestFocus : std::uint8_t { delay, stall, audit, rate, clock };

struct SelfTestPlan {
  SelfTestCase test;
  SelfTestFocus focus = SelfTestFocus::delay;
  Verdict verdict = Verdict::pass;  ///< That the scenario must end with.
};

/// One figure: what was programmed, what the engine reports, and how far they may lie apart.
struct SelfTestCheck {
  enum class Unit : std::uint8_t { nanoseconds, messages, verdict };

  std::string quantity;
  Unit unit = Unit::messages;
  double programmed = 0;
  double measured = 0;
  double low = 0;  ///< Smallest and largest value that an honest engine can report.
  double high = 0;
  bool exact = true;    ///< False: the machine can be the cause of a failure, so it must repeat.
  bool robust = false;  ///< Not exact, but it would take a delay of every other message.
  SelfTestOutcome outcome = SelfTestOutcome::holds;
};

struct SelfTestCaseResult {
  std::string name;
  std::string about;
  std::vector<SelfTestCheck> checks;
  std::uint32_t attempts = 0;

  [[nodiscard]] SelfTestOutcome outcome() const noexcept;
};

struct SelfTestResult {
  std::vector<SelfTestCaseResult> cases;
  bool interrupted = false;

  [[nodiscard]] SelfTestOutcome outcome() const noexcept;
};

/// All cases: four shapes of delay, a stall, four faults of delivery, a rate that cannot be met and
/// a clock that jumps. About 7 s when each is run once.
[[nodiscard]] std::vector<SelfTestPlan> self_test_plans();

/// What the limits of the figures follow from, measured on the spot.
struct SelfTestCosts {
  SelfOverhead overhead;
  HandoverCost handover;
};

/// Compares one run with its truth. Pure.
///
/// Every limit follows from what was measured of the instrument and from what the transport saw:
/// - No message can be seen before it is released: the k-th smallest measured value is no smaller
///   than the k-th smallest programmed one, whatever the machine does.
/// - A message is late by one turn of the polling loop at most, plus the time from the release to
///   the engine's stamp. Where the transport's own stamps say that the machine made D messages
///   later than that, the k-th measured value is no larger than the (k + D)-th programmed one, and
///   with D above half of the messages beyond a percentile, that percentile is undecided.
/// - A stamp lies before the transport's own, by no more than measure_handover() found of the same
///   sender; twice, as for a turn. No stamp lies before the due time.
/// - A histogram adds one bucket width, at most 0.1 %.
[[nodiscard]] std::vector<SelfTestCheck> examine(const SelfTestPlan& plan, const SelfTestRun& run,
                                                 const SelfTestCosts& costs, const Clock& clock);

/// Runs a case once; see run_self_test.
using SelfTestRunner = std::function<SelfTestRun(const SelfTestCase&)>;

/// Runs each case until all its checks hold, an exact one fails, or `attempts` are over. A check
/// that is not exact fails when it failed twice and never held.
[[nodiscard]] SelfTestResult self_test(const std::vector<SelfTestPlan>& plans,
                                       const SelfTestCosts& costs, const Clock& clock,
                                       const SelfTestRunner& runner, std::uint32_t attempts = 10);

}  // namespace busmark

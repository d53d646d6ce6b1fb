// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <fmt/format.h>

#include "base/escape.hpp"
#include "tell/form_writers.hpp"

namespace busmark {
namespace {

struct Tally {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;

  void add(Verdict verdict) noexcept {
    ++tests;
    failures += verdict == Verdict::fail ? 1U : 0U;
    errors += verdict == Verdict::invalid ? 1U : 0U;
    skipped += verdict == Verdict::skip || verdict == Verdict::inconclusive ? 1U : 0U;
  }
  void add(const Tally& other) noexcept {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
  }
};

Nanoseconds measured(const StoredScenario& scenario) {
  Nanoseconds sum{};
  for (const StoredRepetition& repetition : scenario.repetitions) sum += repetition.elapsed;
  return sum;
}

/// What stands inside a test case for its verdict; a warning passes and is told beside it.
std::string outcome(Verdict verdict, const std::string& message) {
  const std::string safe = xml_text(message);
  switch (verdict) {
    case Verdict::pass: return {};
    case Verdict::warn: return fmt::format("      <system-out>WARN: {}</system-out>\n", safe);
    case Verdict::fail:
      return fmt::format("      <failure type=\"FAIL\" message=\"{0}\">{0}</failure>\n", safe);
    case Verdict::invalid:
      return fmt::format("      <error type=\"INVALID\" message=\"{0}\">{0}</error>\n", safe);
    case Verdict::inconclusive:
    case Verdict::skip:
      return fmt::format("      <skipped message=\"{}: {}\"/>\n", to_string(verdict), safe);
  }
  return {};
}

std::string test_case(const StoredRun& run, const StoredScenario& scenario, const std::string& name,
                      Verdict verdict, const std::string& message, Nanoseconds time) {
  const std::string head =
      fmt::format("    <testcase classname=\"busmark.{}.{}\" name=\"{}\" time=\"{:.3f}\"",
                  xml_text(run.name), xml_text(scenario.name), xml_text(name), in_seconds(time));
  const std::string inner = outcome(verdict, message);
  return inner.empty() ? head + "/>\n" : head + ">\n" + inner + "    </testcase>\n";
}

std::string message_of(const StoredBudget& budget) {
  return fmt::format("{}: {}, limit {}, margin {}{}{}", budget.shown(), budget_value(budget),
                     budget_number(budget, budget.limit), margin_text(budget.margin),
                     budget.reason.empty() ? "" : ": ", budget.reason);
}

std::string suite(const StoredRun& run, const StoredScenario& scenario, Tally& all) {
  Tally tally;
  std::string cases;
  for (const StoredBudget& budget : scenario.budgets) {
    // The first carries the time of the scenario, so that sums are right.
    const Nanoseconds time = tally.tests == 0 ? measured(scenario) : Nanoseconds{};
    cases += test_case(run, scenario, budget.shown(), budget.verdict, message_of(budget), time);
    tally.add(budget.verdict);
  }
  // Why a scenario is invalid or was skipped is nobody's budget.
  if (!scenario.reasons.empty() || scenario.budgets.empty()) {
    cases += test_case(run, scenario, "valid", scenario.verdict,
                       fmt::format("{}", fmt::join(scenario.reasons, "; ")), {});
    tally.add(scenario.verdict);
  }
  all.add(tally);
  std::string when = run.started_at;
  if (when.ends_with('Z')) when.pop_back();  // the schema knows no time zone
  const std::string& host = run.environment.machine.host;
  std::string text = fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\" timestamp=\"{}\" hostname=\"{}\">\n    <properties>\n",
      xml_text(scenario.name), tally.tests, tally.failures, tally.errors, tally.skipped,
      in_seconds(measured(scenario)), xml_text(when), host.empty() ? "unknown" : xml_text(host));
  const auto property = [&](std::string_view name, const std::string& value) {
    text += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", xml_text(name),
                        xml_text(value));
  };
  property("transport", scenario.transport);
  for (const StoredParameter& one : scenario.parameters) property(one.name, to_string(one.value));
  return text + "    </properties>\n" + cases + "  </testsuite>\n";
}

}  // namespace

std::vector<FormFile> write_junit(const StoredRun& run) {
  Tally all;
  std::string suites;
  for (const StoredScenario& scenario : run.scenarios) suites += suite(run, scenario, all);
  return {{"", fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                           "<testsuites name=\"busmark.{}\" tests=\"{}\" failures=\"{}\" "
                           "errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n{}</testsuites>\n",
                           xml_text(run.name), all.tests, all.failures, all.errors, all.skipped,
                           in_seconds(run.wall), suites)}};
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "verb/selftest/text.hpp"

#include <cmath>

#include <fmt/core.h>

#include "base/table.hpp"

namespace busmark {
namespace {

using Unit = SelfTestCheck::Unit;

std::string value(const SelfTestCheck& check, double number) {
  switch (check.unit) {
    // An error of a few nanoseconds on a long delay must stay visible: no larger unit.
    case Unit::nanoseconds: return fmt::format("{:.0f} ns", number);
    case Unit::messages: return fmt::format("{:.0f}", number);
    case Unit::verdict:
      return std::string(to_string(static_cast<Verdict>(static_cast<std::uint8_t>(number))));
  }
  return {};
}

std::string error(const SelfTestCheck& check) {
  if (check.unit == Unit::verdict) return "";
  const double difference = check.measured - check.programmed;
  return fmt::format("{:+.0f}", difference == 0 ? 0.0 : difference);
}

/// The errors that an honest engine can show.
std::string allowed(const SelfTestCheck& check) {
  if (check.unit == Unit::verdict) return "";
  const double low = check.low - check.programmed;
  const double high = check.high - check.programmed;
  if (low == 0 && high == 0) return "0";
  if (std::isinf(high)) return fmt::format("{:+.0f} ..", low == 0 ? 0.0 : low);
  if (std::isinf(low)) return fmt::format(".. {:+.0f}", high == 0 ? 0.0 : high);
  return fmt::format("{:+.0f} .. {:+.0f}", low == 0 ? 0.0 : low, high == 0 ? 0.0 : high);
}

std::string_view to_word(SelfTestOutcome outcome) noexcept {
  switch (outcome) {
    case SelfTestOutcome::holds: return "holds";
    case SelfTestOutcome::undecided: return "NOT DECIDED";
    case SelfTestOutcome::fails: return "WRONG";
  }
  return "unknown";
}

std::string closing_line(const SelfTestResult& result) {
  std::size_t held = 0;
  for (const SelfTestCaseResult& one : result.cases) {
    held += one.outcome() == SelfTestOutcome::holds ? 1U : 0U;
  }
  std::string text = fmt::format("self-test: {} of {} cases hold; ", held, result.cases.size());
  if (result.interrupted) return text + "interrupted\n";
  switch (result.outcome()) {
    case SelfTestOutcome::holds: return text + "what is measured here is what is there\n";
    case SelfTestOutcome::undecided:
      return text +
             "the machine was too disturbed to decide the rest; run it again without other "
             "work on these cores\n";
    case SelfTestOutcome::fails: return text + "this instrument must not be believed here\n";
  }
  return text;
}

}  // namespace

std::string write_self_test_text(const SelfTestResult& result) {
  TextTable table({{"case", Align::left},
                   {"figure", Align::left},
                   {"programmed"},
                   {"measured"},
                   {"error"},
                   {"allowed"},
                   {"", Align::left}});
  for (const SelfTestCaseResult& one : result.cases) {
    const std::string runs = one.attempts > 1 ? fmt::format(" ({} runs)", one.attempts) : "";
    table.add({one.name, one.about + runs, "", "", "", "", ""});
    for (const SelfTestCheck& check : one.checks) {
      table.add({"", "  " + check.quantity, value(check, check.programmed),
                 value(check, check.measured), error(check), allowed(check),
                 std::string(to_word(check.outcome))});
    }
  }
  return table.text() + "\n" + closing_line(result);
}

std::string write_self_overhead_text(const SelfTestCosts& costs, Nanoseconds typical_p50) {
  const SelfOverhead& overhead = costs.overhead;
  TextTable table({{"what the instrument costs", Align::left}, {"ns"}});
  const auto row = [&](const char* name, double ns) {
    table.add({name, fmt::format("{:.1f}", ns)});
  };
  row("clock read", overhead.clock_read);
  row("clock read after loads", overhead.ordered_clock_read);
  row("pacing step", overhead.pacing_step);
  row("histogram record", overhead.record);
  row("audit step", overhead.audit_step);
  row("idle turn of the consumer", overhead.idle_turn);
  row("null transport, producer's loop per message", overhead.null_publish);
  row("null transport, consumer's loop per message", overhead.null_receive);
  row("null transport, both", overhead.null_message());
  row("stamp to transport, messages back to back", costs.handover.warm);
  row("stamp to transport, 500 us apart", costs.handover.cold);
  std::string text = table.text();
  if (typical_p50.count() > 0) {
    const auto p50 = static_cast<double>(typical_p50.count());
    text += fmt::format(
        "null transport against a typical p50 of {:.0f} ns (queue/spsc at 100k/s, "
        "measured now): {:.0f} %\n",
        p50, overhead.null_message() / p50 * 100);
  }
  return text;
}

}  // namespace busmark

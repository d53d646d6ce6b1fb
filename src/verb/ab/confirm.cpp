// SPDX-License-Identifier: Apache-2.0
#include "verb/ab/confirm.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/process.hpp"
#include "base/quote.hpp"
#include "base/table.hpp"
#include "cli/console.hpp"
#include "cli/output.hpp"
#include "cli/result_input.hpp"
#include "verb/ab/blocks.hpp"
#include "verb/ab/json.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

using AbCalls = std::vector<AbCall>;

bool differs(Change change) { return change == Change::regressed || change == Change::improved; }

/// What one further session calls; nothing when it was stopped.
std::optional<AbCalls> repeat_session(const AbConfirmation& wanted, std::uint32_t number,
                                      const fs::path& folder, const StopFlag& stop) {
  const fs::path json = folder / fmt::format("{}.json", number);
  const fs::path log = folder / fmt::format("{}.log", number);
  ChildProcess::Command command{.program = fs::canonical("/proc/self/exe"),
                                .arguments = wanted.words,
                                .cpus = {},
                                .log = log};
  // Far apart: each block of a session draws with a seed of its own.
  constexpr std::uint64_t kApart = 1'000'000;
  command.arguments.insert(command.arguments.end(),
                           {"--set", fmt::format("run.seed={}", wanted.seed + number * kApart),
                            "--json", json.string(), "--out", (folder / "results").string()});
  ChildProcess child(command);
  while (!child.wait_for_end(deadline_in(std::chrono::milliseconds(50)))) {
    if (stop.load()) return std::nullopt;
  }
  if (stop.load()) return std::nullopt;
  std::error_code ignored;
  if (!fs::exists(json, ignored)) {
    throw SetupError(fmt::format("session {} of --confirm gave no result: {}", number,
                                 in_quotes(last_line(log), 300)));
  }
  return read_ab_calls(read_result_file(json), json.string());
}

void tell_sessions(const std::vector<AbCalls>& sessions, const RunComparison& comparison) {
  TextTable table({{"session", Align::right},
                   {"scenario", Align::left},
                   {"measure", Align::left},
                   {"%", Align::right},
                   {"verdict", Align::left}});
  for (const ScenarioChange& scenario : comparison.scenarios) {
    for (const MeasureChange& change : scenario.measures) {
      if (!differs(change.change)) continue;
      for (std::size_t i = 0; i < sessions.size(); ++i) {
        for (const AbCall& call : sessions[i]) {
          if (call.scenario != scenario.name || call.measure != change.measure) continue;
          table.add({fmt::format("{}", i + 1), call.scenario, call.measure,
                     fmt::format("{:+.1f}", call.effect * 100), call.verdict},
                    {});
        }
      }
    }
  }
  print(table.text() + "\n");
}

void judge_again(const std::string& scenario, MeasureChange& change,
                 const std::vector<AbCalls>& sessions) {
  std::uint32_t same = 0;
  std::uint32_t opposite = 0;
  const Change other = change.change == Change::improved ? Change::regressed : Change::improved;
  for (const AbCalls& session : sessions) {
    for (const AbCall& call : session) {
      if (call.scenario != scenario || call.measure != change.measure) continue;
      same += call.verdict == to_string(change.change) ? 1U : 0U;
      opposite += call.verdict == to_string(other) ? 1U : 0U;
    }
  }
  change.confirmed = same;
  if (2 * same > sessions.size() && opposite == 0) return;
  change.reason =
      fmt::format("{} in the first session, in {} of {} fresh ones, and the opposite in {}",
                  to_string(change.change), same, sessions.size(), opposite);
  change.change = Change::inconclusive;
}

}  // namespace

void confirm_calls(RunComparison& comparison, const AbConfirmation& wanted, const StopFlag& stop) {
  const auto called = comparison.count(Change::regressed) + comparison.count(Change::improved);
  if (called == 0) return;
  const PrivateFolder folder("busmark-ab-");
  std::vector<AbCalls> sessions;
  while (sessions.size() < wanted.sessions) {
    const auto number = static_cast<std::uint32_t>(sessions.size() + 1);
    auto calls = repeat_session(wanted, number, folder.path(), stop);
    if (!calls) break;
    sessions.push_back(std::move(*calls));
  }
  comparison.confirmations = static_cast<std::uint32_t>(sessions.size());
  tell_sessions(sessions, comparison);
  for (ScenarioChange& scenario : comparison.scenarios) {
    for (MeasureChange& change : scenario.measures) {
      if (differs(change.change)) judge_again(scenario.name, change, sessions);
    }
  }
}

}  // namespace busmark

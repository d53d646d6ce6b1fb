// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "verb/ab/judge.hpp"
#include "verb/doctor/judge.hpp"
#include "verb/tune/knobs.hpp"

namespace busmark {

/// One line of a ledger: a change of a setting that was tried against how it was, or what somebody
/// did in another terminal and marked.
struct TuneLine {
  std::string at;    ///< UTC.
  std::string knob;  ///< `wait`; of a mark what its maker called it.
  std::string from;  ///< `wait=yield`; empty for a mark, as the next.
  std::string to;
  std::vector<TuneSetting> before{};  ///< The same as settings.
  std::vector<TuneSetting> after{};
  bool tried = true;  ///< False: `reason` says why not.
  Change change = Change::inconclusive;
  bool kept = false;
  bool open = false;   ///< Of a mark: more blocks are to come, so that this is not the last word.
  std::string reason;  ///< Why inconclusive or not kept.
  std::optional<MeasureChange> judged;  ///< By what it was decided; `p_value` is adjusted.
  std::vector<MeasureChange> others{};  ///< Not decided by: what it does to the rest.
  std::uint32_t blocks_before = 0;      ///< Used, on either side.
  std::uint32_t blocks_after = 0;
  std::vector<std::string> notes{};  ///< What was left out, what else changed.
  std::string command;               ///< What repeats it; empty for a mark.
};

/// A command that helps and is not ours to give: it changes the machine.
struct TuneSuggestion {
  std::string id;  ///< Of the doctor's check.
  std::string found;
  std::string why;
  std::vector<std::string> fix;
  std::vector<std::string> undo;
};
/// What costs latency by the doctor's word, the worst first, where there is a cure. Pure.
[[nodiscard]] std::vector<TuneSuggestion> tune_suggestions(const Diagnosis& diagnosis);

/// Everything one session has found out.
struct TuneLedger {
  bool automatic = false;
  std::string config;
  std::string scenario;
  std::string started_at;
  std::string machine;
  std::string version;
  std::string measure;  ///< What decides: `p95`.
  double threshold = 0;
  Nanoseconds block{};
  std::uint32_t rounds = 0;  ///< Of each trial; of a mark the blocks of its first verdict.
  std::size_t family = 1;    ///< Trials planned, for which p values are adjusted.
  bool interrupted = false;
  std::vector<TuneLine> lines;
  std::vector<TuneSetting> kept;  ///< Beyond the config, in the order of finding.
  std::optional<TuneLine> whole;  ///< The start against the end; none where nothing was kept.
  std::vector<TuneSuggestion> suggestions;
};

/// What the blocks of one arm did besides being fast or slow.
struct TuneBooks {
  std::uint32_t blocks = 0;
  std::uint32_t invalid = 0;
  std::string first_invalid;  ///< Reason of the first.
  MessageCounts counts{};
  double achieved = 0;  ///< Sum of the blocks' rates.
  std::vector<std::string>
      budgets;  ///< Texts of those judged, then in how many blocks each failed.
  std::vector<std::uint32_t> failed;

  /// `scenario` has one repetition.
  void add(const StoredScenario& scenario);
};

/// Why B must not be kept however fast it is: INVALID blocks, messages that do not arrive or come
/// in another order, a rate that falls, a budget that mostly fails where A's did not. Empty: no
/// reason. Pure.
[[nodiscard]] std::string broken_rule(const TuneBooks& a, const TuneBooks& b, double threshold);

struct TuneRules {
  std::string measure = "p95";
  double threshold = 0.02;
  std::uint32_t rounds = 12;
  std::size_t family = 1;  ///< How many trials share the 5 % of being wrong about any.
};

/// Judges a trial of which `session` holds the rounds so far. Keeps what is improved at 5 % for all
/// trials together (Bonferroni) and breaks no rule. Pure.
void judge_trial(TuneLine& line, const AbSession& session, const TuneBooks& a, const TuneBooks& b,
                 const TuneRules& rules);

/// Whether the rounds that are left cannot make B an improvement any more: so many were against it
/// that the verdict is none even if B is far better in all others. Never before six rounds. Pure.
[[nodiscard]] bool hopeless(const AbSession& session, const TuneRules& rules);

/// Lines that were tried, looked better and are not sure: their places, the best first. Pure.
[[nodiscard]] std::vector<std::size_t> promising(const std::vector<TuneLine>& lines,
                                                 const TuneRules& rules);

/// Fewest rounds that can be sure of anything for the family, all of them agreeing.
[[nodiscard]] std::uint32_t least_rounds(std::size_t family) noexcept;
/// Fewest rounds of which one may contradict and the rank test still holds for the family.
[[nodiscard]] std::uint32_t rounds_for_family(std::size_t family) noexcept;

}  // namespace busmark

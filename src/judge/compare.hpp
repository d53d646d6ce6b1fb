// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/run.hpp"

namespace busmark {

enum class Change : std::uint8_t {
  none,      ///< The whole interval lies within the threshold.
  improved,  ///< Better by more than the threshold, and no chance.
  inconclusive,
  regressed,  ///< As improved, on the bad side.
};
/// `no change`, `improved`, `inconclusive`, `regressed`.
[[nodiscard]] std::string_view to_string(Change change) noexcept;

struct CompareOptions {
  double threshold = 0.10;  ///< Share of the old value that is no matter; positive.
  bool force = false;       ///< Confirm differences between unlike machines and loads, too.
  std::vector<std::string> measures = {};  ///< As `measure_names`; empty: all.
};

enum class MeasureUnit : std::uint8_t { nanoseconds, messages_per_second, share };

/// What can be compared: a figure of one repetition.
struct Measure {
  std::string name;
  MeasureUnit unit = MeasureUnit::nanoseconds;
  bool more_is_better = false;
  std::function<std::optional<double>(const StoredRepetition&)> read;
};
[[nodiscard]] std::vector<Measure> all_measures();
/// `p50` ... `p99.99`, `rate`, `cpu`.
[[nodiscard]] std::vector<std::string> measure_names();

/// How far equals differ, as shares of the value: standard deviations between runs of one program
/// beyond what their repetitions explain, and between the repetitions of a run.
struct Spread {
  double between = 0;
  double within = 0;
};

/// One measure of a scenario on both sides.
struct MeasureChange {
  std::string measure;  ///< `p95`, `rate`, `cpu`: CPU time per message, warm-up included.
  MeasureUnit unit = MeasureUnit::nanoseconds;
  Change change = Change::inconclusive;
  double old_value = 0;  ///< Geometric means of the runs' medians; of repetitions: their medians.
  double new_value = 0;
  double effect = 0;    ///< new / old - 1.
  bool bounded = true;  ///< Whether low, high and p_value are known.
  double low = 0;       ///< 95 % interval of the effect.
  double high = 0;
  double p_value = 1;                          ///< Of equals, adjusted for all measures compared.
  std::optional<Spread> spread;                ///< Of runs; empty where they cannot tell it.
  std::optional<std::uint32_t> runs_needed{};  ///< On each side, for a conclusion; an estimate.
  std::optional<std::uint32_t>
      repetitions_needed;  ///< The same of repetitions, where those were compared.
  std::string reason;      ///< Why inconclusive.
  /// Of interleaved blocks alone: how far the same interval of A against its copy reaches, and how
  /// many rounds there are.
  std::optional<double> noise{};
  std::optional<std::uint32_t> rounds{};
  bool primary = false;  ///< Of interleaved blocks: what the session is to decide.
  std::optional<std::uint32_t> confirmed{};  ///< In how many of RunComparison::confirmations.
};

struct ScenarioChange {
  std::string name;
  std::string not_compared;    ///< Not empty: why there are no measures.
  bool invalid = false;        ///< Not compared since a side's figures cannot be trusted.
  std::uint32_t old_runs = 0;  ///< Used here.
  std::uint32_t new_runs = 0;
  std::uint32_t old_repetitions = 0;  ///< In them: neither disturbed nor interrupted.
  std::uint32_t new_repetitions = 0;
  std::vector<MeasureChange> measures;
  std::vector<std::string> notes;  ///< What differs, which repetitions were left out and why.
};

struct RunComparison {
  std::string old_name;  ///< With the time of the run; of several, how many there are.
  std::string new_name;
  CompareOptions options;
  std::uint32_t confirmations = 0;  ///< Further sessions that were asked for the same.
  /// Of one that goes on until decided: what a round took.
  std::optional<Nanoseconds> round_time{};
  bool interleaved = false;  ///< Of blocks in one session (`busmark ab`), not of two stored runs.
  std::vector<std::string> differences;  ///< Of the machines and programs, as sentences.
  bool unlike_machines = false;
  std::vector<ScenarioChange> scenarios;

  [[nodiscard]] std::uint32_t count(Change change) const noexcept;
  [[nodiscard]] bool any_invalid() const noexcept;
};

/// Runs on both sides together, below which nothing is concluded. Of six equals a machine that is
/// in either of two states parts three from three by chance in 3 % of cases, of four in 12 %.
inline constexpr std::uint32_t kFewestRuns = 6;

/// Compares scenarios of the same name, run by run: repetitions of one run share its process, its
/// memory layout and its hour, so that what two runs differ by is known from several runs alone. A
/// run's figure is the median of its repetitions; one that failed (its messages did not arrive in
/// time, or a budget called it off) is the worst of them. A difference is called where it exceeds
/// the threshold and Student's test on the logarithms of these figures, adjusted for all measures
/// (Holm), gives p < 0.05: of comparisons of equals at most 5 % call any. With one run on a side
/// the interval is that of prediction from the others'. Fewer than kFewestRuns runs conclude
/// nothing. Differences across unlike machines, witness classes or loads, and such to a side of
/// which half the repetitions were disturbed, are inconclusive unless `force`. Pure, and the same
/// every time. Throws SetupError when the sides have no scenario in common. Sources: Georges,
/// Buytaert, Eeckhout, Statistically Rigorous Java Performance Evaluation, 2007; Kalibera and
/// Jones, Rigorous Benchmarking in Reasonable Time, 2013.
[[nodiscard]] RunComparison compare(std::span<const StoredRun> old_runs,
                                    std::span<const StoredRun> new_runs,
                                    const CompareOptions& options = {});

/// Compares two runs by their repetitions, as if nothing but these could differ: for blocks of one
/// session on both sides of a mark, not for runs. A difference is called where the bootstrap
/// interval of the quotient of medians lies wholly beyond the threshold and Mann and Whitney's
/// test, adjusted for all measures (Holm), gives p < 0.05. Else as compare().
[[nodiscard]] RunComparison compare_repetitions(const StoredRun& old_run, const StoredRun& new_run,
                                                const CompareOptions& options = {});

/// Why a scenario's figures are no basis for a comparison; empty when they are.
[[nodiscard]] std::string why_not_comparable(const StoredScenario& scenario);
/// The same, but that a missed budget has ended a repetition is no reason: it is the worst one.
[[nodiscard]] std::string why_not_trusted(const StoredScenario& scenario);

/// What the two runs' machines and programs differ in; `machine` those that make figures
/// incomparable, `program` those that may be what is compared.
struct EnvironmentDifferences {
  std::vector<std::string> machine;
  std::vector<std::string> program;
};
[[nodiscard]] EnvironmentDifferences find_differences(const StoredEnvironment& old_one,
                                                      const StoredEnvironment& new_one);
/// The same of all runs of both sides, against the first of each.
[[nodiscard]] EnvironmentDifferences find_differences(std::span<const StoredRun> old_runs,
                                                      std::span<const StoredRun> new_runs);

}  // namespace busmark

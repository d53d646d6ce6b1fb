// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aspect/floor/summary.hpp"
#include "aspect/process/cpu_overhead.hpp"
#include "aspect/stages/summary.hpp"
#include "judge/receivers.hpp"
#include "record/repetition.hpp"
#include "stat/mean_interval.hpp"
#include "stat/percentile_interval.hpp"
#include "stat/theil_sen.hpp"

namespace busmark {

/// The percentiles of every table and result, ascending.
inline constexpr std::array<Percentile, 7> kReportedPercentiles{
    {{500'000}, {750'000}, {900'000}, {950'000}, {990'000}, {999'000}, {999'900}}};

/// Fewest independent samples that carry a percentile p: with fewer, the chance that none lies
/// beyond it is above 2.5 %, so its 95 % interval has no upper end. ceil(ln 0.025 / ln p): 72 for
/// p95, 368 for p99.
[[nodiscard]] std::uint64_t samples_needed(Percentile percentile) noexcept;

/// An interval that covers the true value with about 95 % confidence; an end may be kNever.
struct Interval {
  Nanoseconds low{};
  Nanoseconds high{};
};

/// One percentile of all messages that were due, with what it rests on.
struct PercentileEstimate {
  Percentile percentile;
  Nanoseconds value{};  ///< kNever where too few of them ever arrived.
  Interval interval;
  /// False: too few samples that are worth anything, or those of a window that was called off in
  /// its middle; value and interval are not to be shown.
  bool supported = true;
  bool known = true;  ///< Whether the interval is: else it is not to be shown.
  /// Independent samples that would tell as much; empty in a file of an earlier version.
  std::optional<std::uint64_t> effective_count{};

  [[nodiscard]] bool never() const noexcept { return value == kNever; }
};

/// Share of the messages that were due, of 1, that took as long as a limit or longer.
struct ShareBeyond {
  double limit_ns = 0;
  double share = 0;
};

/// Figures of one latency: minimum, mean, deviation and maximum of what arrived, percentiles of
/// all that was due.
struct LatencySummary {
  std::uint64_t count = 0;    ///< Arrived.
  std::uint64_t missing = 0;  ///< Deliveries that were due and never arrived.
  std::uint64_t overflow = 0;
  Nanoseconds min{};
  Nanoseconds max{};
  double mean_ns = 0;
  std::optional<RealInterval> mean_interval_ns{};  ///< Of what arrived; empty: not known.
  double stddev_ns = 0;
  std::vector<PercentileEstimate> percentiles;  ///< As kReportedPercentiles, then any asked for.
  std::vector<ShareBeyond> beyond{};            ///< Of each limit of a percentile that was asked.

  [[nodiscard]] const PercentileEstimate* find(Percentile percentile) const noexcept;
  [[nodiscard]] const ShareBeyond* find_beyond(double limit_ns) const noexcept;
  /// No percentile is to be shown.
  void withhold() noexcept;
};

/// One class of a mix in figures. Counts are of deliveries, as MessageCounts.
struct ClassSummary {
  std::string name;
  double asked = 0;  ///< Share of the messages, of 1, as the next.
  double share = 0;  ///< What it had of those that were published.
  ByteCount payload;
  Nanoseconds work{};
  double intended_rate = 0;
  double achieved_rate = 0;  ///< Median over the repetitions.
  /// Sum over the repetitions used. Transports do not say which messages they dropped: where one
  /// both dropped and lost some, `dropped` and `lost` are the most that each can be of the class.
  /// Only what is_kept_by_class is counted.
  MessageCounts counts;
  MessageCounts all_counts;  ///< Sum over all.
  LatencySummary response;
};

/// A closed loop in figures. Little's law holds of whatever is steady: users = rate x the time that
/// one of them takes for a turn.
struct UsersSummary {
  std::uint32_t users = 0;
  double turns_per_second = 0;      ///< Answers, over the repetitions used.
  double answer_mean_ns = 0;        ///< From request to answer.
  double thought_mean_ns = 0;       ///< As drawn.
  double held_up_mean_ns = 0;       ///< From the end of the thought until the producer sent.
  double found_by_littles_law = 0;  ///< Users that these figures account for.
  std::uint64_t turns = 0;

  /// False where the law misses more than 5 % of the users, or they had too few turns to tell.
  [[nodiscard]] bool consistent() const noexcept;
};

/// One scenario in figures: what the table shows and the budgets judge.
struct ScenarioSummary {
  LatencySummary response;
  LatencySummary service;
  std::optional<LatencySummary> pacing;  ///< Open loop only.
  std::uint64_t late = 0;
  std::uint64_t overdue = 0;
  std::uint64_t unsent = 0;
  double intended_rate = 0;  ///< 0 under saturation; the mean of stages.
  double offered_rate = 0;   ///< Median over the repetitions, as all rates.
  double achieved_rate = 0;
  double received_rate = 0;
  /// Of the achieved rate where that is an outcome: without a schedule, from three repetitions on.
  std::optional<RealInterval> achieved_interval;
  std::uint32_t copies = 1;  ///< Deliveries of one message, which counts and samples are of.
  MessageCounts counts;      ///< Sum over the repetitions used.
  MessageCounts all_counts;  ///< Sum over all: a disturbed machine excuses no lost message.
  double availability = 0;   ///< Share of all intervals in which something was received.
  std::optional<ReceiversSummary> receivers;        ///< Empty where there is only one.
  std::optional<FloorSummary> floor;                ///< Empty where no core could be probed.
  std::optional<FloorDuringSummary> floor_during;   ///< Empty where no core was watched.
  std::vector<StageSummary> stages;                 ///< Empty where the load has none.
  std::vector<ClassSummary> classes;                ///< As the mix.
  std::optional<UsersSummary> users;                ///< Of a closed loop.
  std::optional<std::uint64_t> rss;                 ///< Largest peak of any repetition, bytes.
  std::optional<std::uint64_t> memory_growth;       ///< Largest of any repetition, bytes, at least.
  std::optional<std::uint64_t> memory_growth_most;  ///< And at most.
  std::optional<SlopeEstimate> memory_per_hour;     ///< Bytes; of a soak, which puts it here.
  std::optional<CpuOverhead> cpu;                   ///< Beside a direct call.
  std::vector<std::uint32_t> used;  ///< Indices of the repetitions behind these figures.
  bool only_disturbed = false;      ///< No repetition was undisturbed: all are used.
  bool part = false;                ///< Of a repetition that a missed budget has called off.
};

/// Merges the undisturbed, complete repetitions (all of them where there is none). `extra` are
/// percentiles that budgets ask for beyond the reported ones. Pure.
[[nodiscard]] ScenarioSummary summarise(const ScenarioResult& result);

/// The classes of a scenario; none without a mix. `whole` has all but `classes`. Pure.
[[nodiscard]] std::vector<ClassSummary> summarise_classes(const ScenarioResult& result,
                                                          const ScenarioSummary& whole);
/// A class as if it were a scenario of its own, to be judged by its own budgets.
[[nodiscard]] ScenarioSummary alone(const ClassSummary& one, const ScenarioSummary& whole);

/// What one repetition gives to a latency.
struct LatencySource {
  const Histogram* all = nullptr;
  std::vector<const DecodedHistogram*> sections{};  ///< As RepetitionLatency has them.
  std::uint64_t missing = 0;
};

/// One latency over several repetitions: percentiles as kReportedPercentiles and those that
/// `budgets` ask for. `copies`: samples that one message makes.
[[nodiscard]] LatencySummary summarise_latency(const std::vector<LatencySource>& repetitions,
                                               const std::vector<Budget>& budgets,
                                               std::uint32_t copies);

/// The response of one repetition, whose sections it refers to.
[[nodiscard]] LatencySource response_of(const RepetitionResult& repetition, std::uint32_t copies);
/// Deliveries of a repetition that were due and never arrived: refused, dropped, lost, unsent.
[[nodiscard]] std::uint64_t missing_of(const RepetitionResult& repetition,
                                       std::uint32_t copies) noexcept;

/// The users of a scenario; empty without. `used` are indices of its repetitions. Pure.
[[nodiscard]] std::optional<UsersSummary> summarise_users(const ScenarioResult& result,
                                                          const std::vector<std::uint32_t>& used);

}  // namespace busmark

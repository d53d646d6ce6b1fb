// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/budget.hpp"
#include "record/repetition.hpp"
#include "stat/estimate.hpp"

namespace busmark {

/// The median latency went to another level and stayed there: before and after are two runs, of
/// which one set of percentiles tells nothing.
struct LevelChange {
  Nanoseconds at{};  ///< From the start of the measured window, to an interval.
  Nanoseconds before{};
  Nanoseconds after{};
};

/// One receiver over the repetitions used. Percentiles are medians of those of the repetitions;
/// empty where one of these had too few samples to carry them.
struct ReceiverSummary {
  std::string role;            ///< `consumer`, `stage`, `responder` or `requester`.
  std::uint64_t received = 0;  ///< Messages of the measured window, the copies of others aside.
  std::uint64_t dropped = 0;   ///< Discarded before they reached it; warm-up included.
  std::optional<Nanoseconds> p50;
  std::optional<Nanoseconds> p95;
  std::optional<Nanoseconds> p99;
  Nanoseconds max{};
};

/// How evenly several receivers were served.
struct ReceiversSummary {
  std::vector<ReceiverSummary> each;  ///< Consumers, then requesters.
  /// Of what the final receivers got: 1 when all got the same, 1/n when one got all (Jain, Chiu and
  /// Hawe, "A Quantitative Measure of Fairness", 1984). Empty when nothing was received.
  std::optional<double> fairness;
  /// Highest p50 of a final receiver over the lowest; empty in a pipeline and where one is unknown.
  std::optional<double> spread;
};

/// One stage in figures, over the repetitions used. Counts are of messages that were due in it, but
/// for `received`, which is of deliveries.
struct StageSummary {
  std::string name;
  Nanoseconds start{};  ///< From the start of the measured window.
  Nanoseconds length{};
  double intended_rate = 0;
  double achieved_rate = 0;  ///< Accepted during the stage, per second; median over repetitions.
  std::uint64_t published = 0;
  std::uint64_t received = 0;
  std::uint64_t refused = 0;
  std::uint64_t dropped = 0;
  std::uint64_t overdue = 0;
  std::uint64_t unsent = 0;
  /// Response time; empty where the samples cannot carry it.
  std::optional<Nanoseconds> p50, p95, p99, max;
  bool raised = false;                    ///< The rate rises into it and falls behind it.
  std::optional<Nanoseconds> p95_before;  ///< See StageResult; the highest, as the next.
  std::optional<Nanoseconds> recovery;    ///< Empty also when some repetition never came back.

  /// Its messages that were not sent in time: unsent, overdue, refused, dropped.
  [[nodiscard]] std::uint64_t missed() const noexcept {
    return unsent + overdue + refused + dropped;
  }
  [[nodiscard]] double missed_share() const noexcept;
};

/// What a transport adds to the processor time of a message: of each repetition and direct calls
/// beside it the difference, and of these the median.
struct CpuOverhead {
  std::uint64_t repetitions = 0;
  double transport_ns = 0;  ///< Median, as the next.
  double direct_ns = 0;
  MedianEstimate added_ns;
  MedianEstimate share;  ///< Of the direct call: 0.1 is ten per cent more.
};

/// The machine's part beside the limit of one latency budget. Lower ends are of 95 % intervals.
struct FloorLimit {
  double limit_ns = 0;
  double delayed = 0;  ///< Share of messages that these cores alone delay beyond the limit.
  double delayed_low = 0;
  /// Share that they delay so long that the limit is missed if the bus takes what it takes in the
  /// middle (p50): what the machine accounts for of the messages beyond the limit.
  double accounted = 0;
  double longer_low = 0;  ///< Times away longer than the limit that one core had, in all windows.
};

/// One percentile of the delay that the machine alone makes, beside what was measured.
struct FloorPercentile {
  std::string percentile;  ///< `p99`.
  Nanoseconds value{};
  /// Lower end of its 95 % interval: few gaps, or gaps of few probes, tell little of the machine.
  /// There is no upper one, as a probe of some 0.1 s bounds nothing from above.
  std::optional<Nanoseconds> low{};  ///< Empty in a file of an earlier version.
  /// The measured percentile's interval reaches down to the floor: what was measured cannot be told
  /// from what these cores do without any bus.
  bool machine = false;
};

/// What a transport that takes no time would have shown on the cores of a scenario: the way of a
/// cache line from producer to consumer, and a wait wherever one of the two cores was away.
/// Measured by spinning on these cores just before and after each repetition, so it tells what the
/// machine does, not what it did at one particular message.
struct FloorSummary {
  Nanoseconds watched{};  ///< By all probes of one core together; the shortest of the cores.
  Nanoseconds one_way{};  ///< Median of the witnesses.
  Nanoseconds mean{};
  std::optional<Nanoseconds> mean_low{};     ///< Lower end of its interval, as above.
  Nanoseconds max{};                         ///< Longest time away of a core.
  std::vector<FloorPercentile> percentiles;  ///< As of the response time.
  std::vector<FloorLimit> limits;            ///< Of the latency budgets, those of classes too.

  [[nodiscard]] const FloorPercentile* find(Percentile percentile) const;
  [[nodiscard]] const FloorLimit* find_limit(double limit_ns) const;
};

/// What a core beside the measured ones did while messages were measured, over all repetitions used
/// together. It is no part of the floor that a percentile is held against, which is that of the
/// measured cores: it tells whether the machine was during the run what it was around it.
struct FloorDuringSummary {
  int cpu = 0;
  Nanoseconds watched{};
  std::uint64_t gaps = 0;
  Nanoseconds p99{};  ///< Of the gaps' lengths.
  Nanoseconds longest{};
  double lost_share = 0;      ///< Of the time watched, as all shares.
  double switched_share = 0;  ///< Of that, another thread had the core.
  double own_share = 0;       ///< Of that, busmark's own threads at most.
  double foreign_share = 0;   ///< Lost to anything but busmark's own threads, at least.
  double around_share = 0;    ///< The same before and after the repetitions.

  /// Far more than around: the probes before and after tell too little of the run.
  [[nodiscard]] bool noisier() const noexcept {
    constexpr double kFactor = 5;
    constexpr double kLeast = 0.005;
    return foreign_share > kFactor * around_share && foreign_share - around_share > kLeast;
  }
};

/// The percentiles of every table and result, ascending.
inline constexpr std::array<Percentile, 7> kReportedPercentiles{
    {{500'000}, {750'000}, {900'000}, {950'000}, {990'000}, {999'000}, {999'900}}};

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
  std::uint64_t backlog = 0;  ///< PacingResult::backlog, summed likewise.
  Nanoseconds window{};       ///< Of each repetition.
  double intended_rate = 0;   ///< 0 under saturation; the mean of stages.
  double offered_rate = 0;    ///< Median over the repetitions, as all rates.
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

/// What one repetition gives to a latency.
struct LatencySource {
  const Histogram* all = nullptr;
  std::vector<const DecodedHistogram*> sections{};  ///< As RepetitionLatency has them.
  std::uint64_t missing = 0;
};

/// One latency over several repetitions: percentiles as kReportedPercentiles and those that
/// `budgets` ask for. `copies`: samples that one message makes. Pure.
[[nodiscard]] LatencySummary summarise_latency(const std::vector<LatencySource>& repetitions,
                                               const std::vector<Budget>& budgets,
                                               std::uint32_t copies);

/// The response of one repetition, whose sections it refers to.
[[nodiscard]] LatencySource response_of(const RepetitionResult& repetition, std::uint32_t copies);
/// Deliveries of a repetition that were due and never arrived: refused, dropped, lost, unsent.
[[nodiscard]] std::uint64_t missing_of(const RepetitionResult& repetition,
                                       std::uint32_t copies) noexcept;

}  // namespace busmark

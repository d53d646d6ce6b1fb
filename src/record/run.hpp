// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "record/plugin/plugin.hpp"
#include "record/summary.hpp"
#include "record/verdict.hpp"

namespace busmark {

// A run as its result file has it: everything that outlives the process, as plain data. What is
// rendered or compared is read from these, so that a stored result and a fresh one look the same.

/// Intended is empty under saturation. Messages per second.
struct StoredRates {
  std::optional<double> intended;
  double offered = 0;
  double achieved = 0;
  double received = 0;
};

/// One percentile of all that was due in one repetition; no value where the samples could not carry
/// it, or where too few of them ever arrived.
struct StoredPercentile {
  Percentile percentile;
  std::optional<Nanoseconds> value;
  bool never = false;
};

/// A histogram in a few numbers.
struct StoredLatency {
  std::uint64_t count = 0;
  std::vector<StoredPercentile> percentiles;
  std::optional<Nanoseconds> max;
  std::uint64_t overflow = 0;

  [[nodiscard]] std::optional<Nanoseconds> find(Percentile percentile) const noexcept;
};

/// Response time of the messages received in one stretch of a repetition.
struct StoredInterval {
  Nanoseconds start{};  ///< From the start of the measured window.
  Nanoseconds length{};
  StoredLatency response;
};

struct StoredWitness {
  int from_cpu = 0;
  int to_cpu = 0;
  Distance distance = Distance::same_cpu;
  double one_way_ns = 0;
  double clock_offset_ns = 0;
  double clock_bound_ns = 0;
};

struct StoredResources {
  ResourceUsage producers;
  ResourceUsage consumers;
  double core_share = 1;
  std::optional<double> steal_share;
  std::optional<double> frequency_mhz;
};

struct StoredRepetition {
  bool used = false;  ///< Behind the scenario's figures.
  std::uint32_t attempt = 1;
  bool disturbed = false;
  std::string disturbance;
  bool interrupted = false;
  Nanoseconds elapsed{};
  StoredRates rate;
  StoredLatency response;
  StoredLatency service;
  std::optional<StoredLatency> pacing;
  std::uint64_t late = 0;
  std::uint64_t overdue = 0;
  std::uint64_t unsent = 0;
  std::optional<std::uint64_t> backlog;  ///< Of the warm-up; empty: none to speak of.
  bool ended_early = false;
  std::uint64_t warmup_lost = 0;
  std::uint64_t clock_backwards = 0;
  Nanoseconds worst_backwards{};  ///< Not negative.
  MessageCounts counts;
  bool drain_timed_out = false;
  StoredWitness before;
  StoredWitness after;
  StoredResources resources;
  std::optional<WarmupResult> warmup;      ///< Where it was to end by rule.
  std::optional<MissedBudget> called_off;  ///< The budget that ended it early.
  std::optional<std::uint64_t> pauses;     ///< How often the process was continued (SIGCONT).
  std::optional<std::vector<LevelChange>> level_changes;  ///< Absent: it held its level.
  std::optional<SlowResult> slow;                         ///< Where the tail was to be explained.
  std::optional<MemoryResult> memory;                     ///< Where a budget asks for it.
  std::optional<CpuPerMessage> cpu;                       ///< Beside a direct call.
  std::optional<FaultResult> fault;                       ///< Of what was broken on purpose.
  std::optional<NatsReport> nats;                         ///< Of a transport that uses nats-server.
  std::optional<std::vector<LoadInterval>> load_series;   ///< Of a load in stages.
  std::optional<std::vector<StoredInterval>> intervals;   ///< Empty: the file has none.

  /// CPU time of all producers and consumers per message received; empty without a message.
  [[nodiscard]] std::optional<double> cpu_ns_per_message() const noexcept;
};

struct StoredBudget {
  std::string text;                            ///< `p95 < 5ms`.
  std::optional<std::string> message_class{};  ///< Of a mix; empty: the whole scenario.
  Verdict verdict = Verdict::pass;
  std::optional<double> value;
  double limit = 0;
  std::optional<double> margin;
  std::string reason;
  std::optional<bool> never{};  ///< True where it has no value as it took for ever; else absent.

  /// `p95 < 5ms`, of a class `price: p95 < 5ms`.
  [[nodiscard]] std::string shown() const {
    return message_class ? *message_class + ": " + text : text;
  }
};

/// A key of `parameters` with its value; a later version may have more.
struct StoredParameter {
  using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
  std::string name;
  Value value;
  bool operator==(const StoredParameter&) const = default;
};
[[nodiscard]] std::string to_string(const StoredParameter::Value& value);

struct StoredPlacement {
  std::string description;
  std::vector<int> cpus;
  bool shared = false;
  bool degraded_wait = false;
};

/// The merged histograms behind a scenario's figures.
struct StoredHistograms {
  DecodedHistogram response{Histogram::shape()};
  DecodedHistogram service{Histogram::shape()};
};

/// One class of a mix, with the worst verdict of its own budgets, where it has any.
struct StoredClass {
  ClassSummary summary;
  std::optional<Verdict> verdict;
  DecodedHistogram histogram{Histogram::shape()};  ///< Of response times.
  /// Lost in all repetitions, the used and the others; empty: as many as in the used ones.
  std::optional<std::uint64_t> lost_in_all{};
};

/// How far a scenario is from the one before it, which was measured by turns with it. Shares: 0.1
/// is ten per cent more.
struct StoredDifference {
  std::string measure;          ///< p50, p95 or rate.
  double share = 0;             ///< Mean over the rounds, by Student's t of the logarithms.
  std::optional<double> low{};  ///< Its 95 % interval; empty: too few rounds.
  std::optional<double> high{};
  std::uint32_t rounds = 0;
};

struct StoredScenario {
  std::string name;
  std::string transport;
  bool operation = false;  ///< Times are of operations, not of messages.
  std::vector<StoredParameter> parameters;
  StoredPlacement placement;
  Verdict verdict = Verdict::pass;
  std::vector<std::string> reasons;
  std::vector<StoredBudget> budgets;
  std::string meaning;  ///< What response time means here.
  LatencySummary response;
  LatencySummary service;
  std::optional<LatencySummary> pacing;
  std::uint64_t late = 0;
  std::uint64_t overdue = 0;
  std::uint64_t unsent = 0;
  StoredRates rate;
  MessageCounts counts;
  /// Deliveries of one message, which counts and samples are of; empty: one.
  std::optional<std::uint32_t> copies{};
  std::optional<ReceiversSummary> receivers;  ///< Empty: one receiver, or the file has none.
  std::optional<std::vector<StageSummary>> stages{};     ///< Empty where the load has none.
  std::optional<std::vector<StoredClass>> classes{};     ///< Empty without a mix.
  std::optional<UsersSummary> users{};                   ///< Of a closed loop.
  std::optional<std::vector<StoredDifference>> above{};  ///< Of repetitions by turns alone.
  std::optional<CpuOverhead> cpu{};                      ///< Beside a direct call.
  std::optional<FloorDuringSummary> floor_during{};      ///< Empty where no core was watched.
  std::optional<FloorSummary> floor;           ///< Of the machine; empty where it was not probed.
  std::optional<StoredHistograms> histograms;  ///< Empty: the file has none.
  std::optional<Stopping> stopping{};          ///< Empty: the planned repetitions, no more.
  std::optional<Nanoseconds> wall;             ///< All repetitions with what is around them.
  std::vector<StoredRepetition> repetitions;

  [[nodiscard]] bool open_loop() const noexcept { return rate.intended.has_value(); }
  /// Messages are sent as fast as they go.
  [[nodiscard]] bool saturated() const;
  /// The books of all repetitions: a disturbed machine excuses no lost message.
  [[nodiscard]] MessageCounts all_counts() const noexcept;
  /// Of a part of a window that a missed budget has called off.
  [[nodiscard]] bool part() const noexcept;
  /// The text of a parameter; empty where there is none of this name.
  [[nodiscard]] std::string parameter(std::string_view name) const;
  /// A parameter that is a whole number; empty where there is none of this name.
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view name) const noexcept;
};

/// One row of the doctor's diagnosis.
struct StoredFinding {
  std::string id;
  std::string group;
  std::string level;  ///< ok, note, unknown, warn, fail
  std::string found;  ///< Empty where unknown.
  std::string wanted;
  std::vector<std::string> fix;
  std::string reason;  ///< Why it is unknown.
};

struct StoredEnvironment {
  Environment machine;
  std::string clock_source;
  std::string clock_reason;
  std::optional<double> ticks_per_second;
  std::optional<double> read_cost_ns;
  std::optional<double> ordered_read_cost_ns;
  std::optional<double> resolution_ns;
  std::optional<double> calibration_ppm;
  std::vector<TuningStep> tuning;
  std::optional<std::vector<StoredFinding>> findings;  ///< Empty: the machine was not examined.
};

struct StoredRun {
  std::string name;
  std::string started_at;              ///< UTC, ISO 8601.
  std::optional<std::string> label{};  ///< What the user called it.
  std::optional<std::string> note{};
  /// Words of the command that made the run; empty: the file has none. No secret is among them,
  /// since none may be given as an option.
  std::optional<std::vector<std::string>> command;
  Nanoseconds wall{};
  bool quick = false;
  bool interrupted = false;
  /// Why it lacks what was planned, as a sentence, where it ended without a word: killed, say.
  std::optional<std::string> incomplete{};
  /// Where a run that was cut was taken up: when, and after how much.
  std::optional<std::string> resumed{};
  std::uint32_t planned_repetitions = 1;
  std::uint32_t retries = 0;
  /// Percentiles that were to be known well, as `run.until` has them: `p99:5%`; empty: none was.
  std::optional<std::string> until{};
  std::optional<std::string> order{};  ///< `interleaved`; empty: one scenario after the other.
  std::uint64_t seed = 0;
  std::optional<std::vector<PluginReport>> plugins{};  ///< Empty: none took part; the next too.
  std::optional<std::vector<DoorCost>> door{};
  StoredEnvironment environment;
  SelfOverhead overhead;
  std::vector<StoredScenario> scenarios;
  std::optional<std::vector<AgentReport>> agents;  ///< Empty: one machine measured alone.
  std::vector<std::string> hints;
};

}  // namespace busmark

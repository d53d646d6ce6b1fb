// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/histogram/decoded.hpp"
#include "busmark/histogram/histogram.hpp"

#include "record/fault_result.hpp"
#include "record/floor.hpp"
#include "record/machine.hpp"
#include "record/nats.hpp"
#include "record/plan.hpp"
#include "record/scenario.hpp"
#include "record/tail.hpp"

namespace busmark {

/// What all final receivers together recorded in one stretch of a repetition, by time of receipt.
struct IntervalResult {
  Nanoseconds start{};  ///< From the start of the measured window.
  Nanoseconds length{};
  DecodedHistogram response{Histogram::shape()};
  DecodedHistogram service{Histogram::shape()};
  bool last = false;  ///< Of its repetition, closed when the threads had ended; may be shorter.
};

/// The response of one of the equal stretches that a repetition's window is cut into, of all final
/// receivers and by time of receipt, however long the user's intervals are. What is computed from
/// one after the other shows how far samples near in time resemble each other.
struct SectionResult {
  Nanoseconds start{};  ///< From the start of the measured window.
  Nanoseconds length{};
  DecodedHistogram response{Histogram::shape()};
};

/// What one receiver recorded in the whole measured window.
struct ReceiverLatency {
  std::uint64_t count = 0;
  Nanoseconds p50{};
  Nanoseconds p95{};
  Nanoseconds p99{};
  Nanoseconds max{};
};

/// How a warm-up that ends by rule went.
struct WarmupResult {
  Nanoseconds length{};
  Nanoseconds limit{};
  bool steady = false;     ///< False: it went on to its limit, or was stopped.
  std::string found;       ///< What it ended with, as a part of a sentence.
  bool told_late = false;  ///< Some thread may have known of the window only after it had begun.
};

/// A budget that a repetition missed whatever else might have come.
struct MissedBudget {
  std::string budget;        ///< As the user wrote it.
  Nanoseconds after{};       ///< From the start of the measured window until that was certain.
  std::uint64_t beyond = 0;  ///< Messages beyond the limit by then.
  std::uint64_t enough = 0;  ///< So many decide it; 0: it is not decided by counting, as a mean.
  std::uint64_t planned =
      0;               ///< Most messages of the whole window; 0: not known, under saturation.
  std::string reason;  ///< The numbers, as a part of a sentence.
  bool for_good =
      false;  ///< Decides its budget, as a maximum does; else it is one miss of several.
};

/// Memory of the whole process in one repetition, bytes; what could not be read is empty.
struct MemoryResult {
  std::optional<std::uint64_t> before;  ///< RSS shortly before the measured window.
  std::optional<std::uint64_t> after;   ///< RSS when every receiver was done.
  std::optional<std::uint64_t> peak;    ///< The greatest between the two.
  std::uint64_t own = 0;  ///< Of `after`, what busmark has recorded meanwhile: its intervals.

  /// By how much the process grew, busmark's own recording left out; 0 where it shrank.
  [[nodiscard]] std::optional<std::uint64_t> growth() const noexcept;
  /// The same with it: what busmark records may also lie in memory that the process had before, so
  /// the truth is anywhere between the two.
  [[nodiscard]] std::optional<std::uint64_t> growth_at_most() const noexcept;
  bool operator==(const MemoryResult&) const = default;
};

/// Processor time of a message over a transport, and of the same work called directly.
struct CpuPerMessage {
  double transport_ns = 0;  ///< Of all measured threads, per message received, warm-up included.
  double direct_ns = 0;
  bool operator==(const CpuPerMessage&) const = default;
};

/// What became of the messages that were due in one stage of one repetition, whenever they were
/// sent or received. Rows as load_stages names them.
struct StageResult {
  std::uint64_t published = 0;  ///< Tried to send; messages, as the next four.
  std::uint64_t refused = 0;
  std::uint64_t overdue = 0;   ///< Sent more than 5 ms, or 1 % of the stage, behind its end.
  std::uint64_t unsent = 0;    ///< Still due when the drain's deadline came.
  std::uint64_t sent = 0;      ///< Accepted during the stage, whenever they were due.
  std::uint64_t received = 0;  ///< Deliveries.
  Nanoseconds max{};
  DecodedHistogram response{Histogram::shape()};

  /// Where the rate rises into the stage and falls behind it: the p95 of the stage before, where
  /// that has the samples for it.
  std::optional<Nanoseconds> p95_before;
  /// From the end of such a stage to the start of the first interval of which at most one message
  /// in ten took longer than `p95_before`.
  std::optional<Nanoseconds> recovery;
};

/// One interval of a load in stages, to be held against what was asked for. Messages.
struct LoadInterval {
  Nanoseconds start{};  ///< From the start of the measured window.
  Nanoseconds length{};
  double intended = 0;         ///< From the stages; the mean where arrivals are random.
  std::uint64_t due = 0;       ///< Tried to send, by due time.
  std::uint64_t sent = 0;      ///< Accepted, by the time at which the producer turned to them.
  std::uint64_t received = 0;  ///< Deliveries, by due time.
};

/// What became of the messages of one class that were due in the measured window of one repetition.
/// Rows as the scenario's mix.
struct ClassResult {
  std::uint64_t published = 0;  ///< Deliveries asked for, as MessageCounts::published.
  std::uint64_t refused = 0;
  std::uint64_t received = 0;  ///< Different ones, but for copies at two members of a group.
  Histogram response;          ///< Of all arrivals.

  /// Accepted and not received: lost or dropped, which transports do not tell apart by message.
  [[nodiscard]] std::uint64_t missing() const noexcept {
    const std::uint64_t accepted = published - refused;
    return accepted > received ? accepted - received : 0;
  }
};

/// The books of one repetition, messages due in the measured window. Always:
/// published == received + dropped + refused + lost. Counted are deliveries: a message that is to
/// reach 64 subscribers counts 64 times.
struct MessageCounts {
  std::uint64_t published = 0;   ///< Messages the producers tried to send.
  std::uint64_t received = 0;    ///< Different messages that arrived.
  std::uint64_t dropped = 0;     ///< Accepted, then discarded by the transport's own policy.
  std::uint64_t refused = 0;     ///< Given up by the producer because the transport was full.
  std::uint64_t lost = 0;        ///< Accepted and never seen again.
  std::uint64_t duplicated = 0;  ///< Arrivals beyond the first; warm-up included.
  std::uint64_t reordered = 0;   ///< Arrivals behind a later message; warm-up included.
  std::uint64_t corrupt = 0;     ///< Arrivals with an impossible header or a wrong checksum.

  MessageCounts& operator+=(const MessageCounts& other) noexcept;
};

/// How well the producers kept their schedule; of an open loop and of users.
struct PacingResult {
  Histogram lag;              ///< sent - due; of users from when they had thought.
  std::uint64_t late = 0;     ///< Messages sent after the next one of their producer was due.
  std::uint64_t overdue = 0;  ///< Sent more than 5 ms, or 1 % of the window, behind its end.
  std::uint64_t unsent = 0;   ///< Messages still due when the drain's deadline came.
  /// Of the warm-up, still to be sent when the window began, where they are more than 1 % of its
  /// own: they took its time, and count in the rates. Else 0.
  std::uint64_t backlog = 0;
};

/// The users of a closed loop who got an answer in the measured window.
struct UsersResult {
  std::uint64_t thoughts = 0;
  Nanoseconds thought{};  ///< For how long they then thought, together.
};

/// One receiver of several: a consumer, or behind them a producer that receives answers.
struct ReceiverResult {
  ReceiverLatency response;   ///< Measured window.
  std::uint64_t dropped = 0;  ///< Discarded before they reached it; warm-up included.
};

/// One execution of a scenario.
struct RepetitionResult {
  Histogram response;                     ///< due -> received.
  Histogram service;                      ///< sent -> received.
  std::vector<IntervalResult> intervals;  ///< The same samples, split by time of receipt.
  std::vector<SectionResult> sections;    ///< The same response in equal stretches; none of a soak.
  std::chrono::system_clock::time_point measure_time{};  ///< When the measured window began.
  std::vector<ReceiverResult> receivers;  ///< As MessageFlow numbers them; empty for only one.
  PacingResult pacing;
  MessageCounts counts;
  std::uint64_t warmup_lost = 0;  ///< Lost before the measured window.
  std::uint64_t too_late = 0;     ///< Arrivals behind its audit's window: each is among
                                  ///< the lost, or it is a duplicate.
  double intended_rate = 0;       ///< Messages per second; 0 under saturation; mean of stages.
  // A backlog of the warm-up included; of regular arrivals never more than intended.
  double offered_rate = 0;   ///< Published per second, from window start to the last send.
  double achieved_rate = 0;  ///< Of these, accepted by the transport and not dropped.
  double received_rate = 0;  ///< Received per second from window start to the last receipt.
  Nanoseconds elapsed{};     ///< Window start to the last send, at least the window.
  std::uint64_t clock_backwards = 0;
  Nanoseconds worst_backwards{};

  Witness before;
  Witness after;
  std::vector<SpinProbe> floor;             ///< Of each used core, just before and just after.
  std::optional<FloorDuring> floor_during;  ///< Of a core beside them, where one may be watched.
  ResourceUsage producers;                  ///< Sum over the producer threads, whole repetition.
  ResourceUsage consumers;
  std::uint64_t pauses = 0;  ///< How often the process was continued (SIGCONT).
  double core_share = 1;  ///< Smallest share of the time for which a measured thread had its core.
  std::vector<TuningStep> tuning;       ///< Of the measured threads, each kind once.
  std::optional<double> steal_share;    ///< Of the used cores' time, where the kernel reports it.
  std::optional<double> frequency_mhz;  ///< Of the first consumer's core, where readable.

  std::vector<StageResult> stages;        ///< As load_stages; empty without stages, like the next.
  std::vector<LoadInterval> load_series;  ///< Intended load and what was made of it, over time.

  std::vector<ClassResult> classes;  ///< As Scenario::mix.
  UsersResult users;                 ///< Of a closed loop.

  std::optional<MemoryResult> memory;  ///< Where a budget asks for it.
  std::optional<CpuPerMessage> cpu;    ///< Where a budget compares with a direct call.
  std::uint64_t all_received = 0;      ///< By the final receivers, warm-up and duplicates included.
  std::optional<WarmupResult> warmup;  ///< Where it was to end by rule.
  std::optional<FaultResult> fault;    ///< Of what was broken on purpose.
  std::optional<SlowResult> slow;      ///< The tail, where it was to be explained.
  std::optional<NatsReport> nats;      ///< Of a transport that uses nats-server.

  bool drain_timed_out = false;
  bool interrupted = false;
  bool ended_early = false;  ///< Interrupted, called off, or the audit had no room for more.
  std::optional<MissedBudget> missed;  ///< What called it off; its figures are of a part.
  std::string moved;        ///< Which measured threads left their cores, and why; empty: none.
  std::string disturbance;  ///< Empty when the machine held still; else what happened.
  std::uint32_t attempt = 1;

  [[nodiscard]] bool disturbed() const noexcept { return !disturbance.empty(); }
};

/// How a scenario came to the repetitions that it has, where more than the planned ones might have
/// been run.
struct Stopping {
  std::uint32_t planned = 0;
  std::uint32_t run = 0;  ///< In all; retries of a disturbed one do not count.
  std::string reason;     ///< Why there are no more, as a part of a sentence.
};

/// All executions of a scenario, or why there are none.
struct ScenarioResult {
  Scenario scenario;
  Placement placement;
  std::vector<RepetitionResult> repetitions;  ///< Disturbed ones included, in order of time.
  std::optional<Stopping> stopping{};         ///< Empty: the planned number, whatever they showed.
  Nanoseconds wall{};                         ///< With warm-ups, probes, drains and retries.
  bool operation = false;                     ///< TransportInfo::operation.
  bool lossless = true;                       ///< What the transport promises.
  std::vector<std::string> faults{};  ///< Why its figures cannot be trusted; whole sentences.
  std::string skipped;                ///< Not empty: why it did not run.
};

/// One of several machines that measured together.
struct AgentReport {
  std::string name;
  std::string host;
  std::string cpu_model;
  std::string kernel;
  std::string server;          ///< Without secrets.
  Nanoseconds clock_offset{};  ///< Its clock minus the coordinator's.
  Nanoseconds clock_bound{};   ///< The worst of the run: the truth lies within this of the offset.
  std::uint64_t published = 0;
  std::uint64_t received = 0;
  std::string fault;  ///< Not empty: why a part of it is missing.
};

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"
#include "busmark/histogram/histogram.hpp"

#include "aspect/early_end/watch.hpp"
#include "aspect/fault/result.hpp"
#include "aspect/mix/result.hpp"
#include "aspect/process/direct_call.hpp"
#include "aspect/process/memory_watch.hpp"
#include "aspect/stages/result.hpp"
#include "aspect/tail/result.hpp"
#include "aspect/warmup/warmup.hpp"
#include "engine/books/interval_collector.hpp"
#include "engine/self_overhead.hpp"
#include "machine/environment.hpp"
#include "machine/examination.hpp"
#include "machine/probe/spin_probe.hpp"
#include "machine/probe/witness.hpp"
#include "machine/process_tuning.hpp"
#include "machine/resource_usage.hpp"
#include "plan/placement.hpp"
#include "record/floor.hpp"
#include "record/nats.hpp"
#include "record/scenario.hpp"

namespace busmark {

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
  double offered_rate = 0;        ///< Published per second, from window start to the last send.
  double achieved_rate = 0;       ///< Of these, accepted by the transport and not dropped.
  double received_rate = 0;       ///< Received per second from window start to the last receipt.
  Nanoseconds elapsed{};          ///< Window start to the last send, at least the window.
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
  std::string disturbance;             ///< Empty when the machine held still; else what happened.
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

/// Everything one `busmark run` has measured: plain data, judged by the analysis layer.
struct RunResult {
  RunOptions options;
  Environment environment;
  /// What `busmark doctor` reads, before the run and its counters after it; nothing measured. Empty
  /// where it could not be read.
  std::optional<Examination> examination;
  ClockInfo clock;
  SelfOverhead overhead;
  std::vector<TuningStep> tuning;
  std::vector<ScenarioResult> scenarios;
  std::vector<AgentReport> agents;  ///< Empty: this machine measured alone.
  std::string started_at;           ///< UTC, ISO 8601.
  Nanoseconds wall{};
  bool interrupted = false;
};

}  // namespace busmark

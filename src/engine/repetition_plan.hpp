// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "aspect/early_end/watch.hpp"
#include "aspect/fault/director.hpp"
#include "aspect/process/memory_watch.hpp"
#include "aspect/tail/kernel_watch.hpp"
#include "engine/books/interval_collector.hpp"
#include "engine/books/worker_records.hpp"
#include "engine/live_progress.hpp"
#include "engine/schedule.hpp"
#include "engine/sender.hpp"
#include "engine/user_crowd.hpp"
#include "record/repetition.hpp"

namespace busmark {

class FloorWatch;
class HugePageScope;

/// One repetition, resolved: nothing is left to decide once threads exist.
struct RepetitionPlan {
  Scenario scenario;
  Clock clock;
  std::vector<CpuId> producer_cpus;
  std::vector<CpuId> consumer_cpus;
  WaitStrategy wait = WaitStrategy::spin;  ///< The scenario's, or milder where cores are shared.
  std::uint64_t seed = 1;
  const SyntheticProgram* synthetic = nullptr;  ///< Not owned; null: as the scenario says.
  NatsOptions nats{};                           ///< With the cores of the server.
  bool realtime = false;
  bool shares_cores = false;   ///< Some core serves several of these threads.
  bool abort_on_fail = false;  ///< Ends when a budget cannot be met any more.
  /// When the warm-up begins, in ticks: asked once all threads are ready, may wait and may throw to
  /// call the repetition off. Empty: at once.
  std::function<std::int64_t()> agreed_start{};
  HugePages huge_pages = HugePages::system;
  HugePageScope* pages = nullptr;  ///< Not owned; is told when all memory is there. May be null.
  FloorWatch* floor = nullptr;     ///< Not owned; is told of the window. Null: nobody watches.
};

/// What the threads of one repetition leave behind; parts are empty where a thread failed.
struct RawRepetition {
  Window window;
  std::vector<std::unique_ptr<ProducerRecord>> producers;
  std::vector<std::unique_ptr<ConsumerRecord>> receivers;  ///< As MessageFlow numbers them.
  std::vector<ResourceUsage> producer_usage;
  std::vector<ResourceUsage> consumer_usage;
  std::vector<std::vector<TuningStep>> tuning;  ///< By thread, producers first.
  Histogram response;                           ///< Of all final receivers.
  Histogram service;
  std::vector<ReceiverLatency> latencies;  ///< By receiver; empty where there is only one.
  std::vector<IntervalResult> intervals;
  std::vector<SectionResult> sections;
  std::chrono::system_clock::time_point measure_time;  ///< When the measured window began.
  std::uint64_t dropped = 0;
  std::optional<FaultTimes> fault;     ///< Where one was made and undone.
  std::optional<MemoryResult> memory;  ///< Where a budget asks for it.
  std::vector<pid_t> threads;          ///< Producers first.
  std::vector<KernelMoment> kernel;    ///< Where the tail is to be explained.
  std::optional<WarmupResult> warmup;  ///< Where it was to end by rule.
  std::optional<MissedBudget> missed;  ///< What has called it off.
};

/// Lets all receivers keep their silences from the fault on; before they start.
void arm_silences(const RepetitionPlan& plan, const RawRepetition& raw);
/// What producers send while a fault corrupts payloads; nothing where none does.
[[nodiscard]] std::optional<PayloadPatterns> broken_payloads(const RepetitionPlan& plan,
                                                             const PayloadPatterns& payloads);
/// `broken` must outlive it.
[[nodiscard]] Corruption corruption_of(const RepetitionPlan& plan, const Window& window,
                                       const PayloadPatterns& broken);
/// When a fault begins and ends that goes by due times.
[[nodiscard]] FaultTimes planned_times(const RepetitionPlan& plan, const Window& window);
/// A silence of a receiver below this is not told from the load's own.
[[nodiscard]] Nanoseconds fault_resolution(const Scenario& scenario);
/// Largest sequence number plus one that each producer can need, so that the audit has room.
[[nodiscard]] std::vector<std::uint64_t> sequence_limits(const Scenario& scenario);
/// The phases of a repetition that starts about now.
[[nodiscard]] Window make_window(const Scenario& scenario, const Clock& clock);
/// The same, or from the moment that `plan.agreed_start` names; throws as that does.
[[nodiscard]] Window agree_on_window(const RepetitionPlan& plan);
[[nodiscard]] ScheduleShare schedule_share(const RepetitionPlan& plan, std::uint32_t producer);
[[nodiscard]] LoadCurve load_curve(const RepetitionPlan& plan);  ///< Ticks; empty without stages.
/// The users that a producer acts for; null without users.
[[nodiscard]] std::unique_ptr<UserCrowd> make_crowd(const RepetitionPlan& plan,
                                                    std::uint32_t producer, ProducerRecord& record);
/// The task of one worker but for the window.
[[nodiscard]] WorkerTask make_task(const RepetitionPlan& plan, std::uint32_t index);
/// The system's wall clock at the moment `ticks`, now or near.
std::chrono::system_clock::time_point wall_time(std::int64_t ticks, const Clock& clock);
[[nodiscard]] std::unique_ptr<IntervalCollector> make_collector(const RepetitionPlan& plan,
                                                                const RawRepetition& raw);
/// Lets the final receivers note the messages of a warm-up that ends by rule; before they start.
void arm_warmup(const RepetitionPlan& plan, const RawRepetition& raw);
/// Waits until such a warm-up is steady, or over, and brings the window forward then. Returns early
/// when it is stopped or a thread has failed.
void settle_warmup(const RepetitionPlan& plan, RawRepetition& raw, WindowBoard& board,
                   ReceiverCountdown& receivers, const StopFlag& stop);
/// Sees each interval as it is closed: whoever follows the run, and the watch of budgets that calls
/// the repetition off. All but the plan must outlive it.
[[nodiscard]] std::function<void(const IntervalResult&)> interval_observer(
    const RepetitionPlan& plan, RawRepetition& raw, const StopFlag& stop, const LiveProgress& live);
/// Adds the books up. Pure.
[[nodiscard]] RepetitionResult assemble(const RepetitionPlan& plan, const RawRepetition& raw,
                                        bool stopped);

}  // namespace busmark

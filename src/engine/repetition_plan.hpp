// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/books/interval_collector.hpp"
#include "engine/books/worker_records.hpp"
#include "engine/live_progress.hpp"
#include "engine/observer.hpp"
#include "engine/schedule.hpp"
#include "engine/sender.hpp"
#include "engine/user_crowd.hpp"
#include "machine/affinity.hpp"
#include "record/floor.hpp"
#include "record/repetition.hpp"

namespace busmark {

class HugePageScope;

/// One repetition, resolved: nothing is left to decide once threads exist.
struct RepetitionPlan {
  Scenario scenario;
  Clock clock;
  std::vector<CpuId> producer_cpus;
  std::vector<CpuId> consumer_cpus;
  WaitStrategy wait = WaitStrategy::spin;  ///< The scenario's, or milder where cores are shared.
  std::uint64_t seed = 1;
  std::uint32_t turn = 0;  ///< Which of several repetitions: what goes by turns goes by this.
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
  /// The core to watch beside the measured ones. Empty: their floor is not probed either.
  std::optional<FreeCore> beside{};
  const Observers* observers = nullptr;  ///< Not owned. Null: those of make_observers().
};

/// When a fault was made and undone, as it came. Ticks.
struct FaultTimes {
  std::int64_t begun = 0;
  std::int64_t over = 0;  ///< When undoing it began.
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
  std::optional<FaultTimes> fault;  ///< Where one was made and undone.
  std::vector<pid_t> threads;       ///< Producers first.
  std::vector<WitnessedPin> pins;   ///< By thread, too.
  bool called_off = false;          ///< By an observer.
};

/// The cores of all measured threads, each once, in order.
[[nodiscard]] std::vector<CpuId> measured_cores(const RepetitionPlan& plan);
/// What the endpoints of the scenario are made of.
[[nodiscard]] TransportOptions options_of(const RepetitionPlan& plan);
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
/// With intervals as short as the observers want them.
[[nodiscard]] std::unique_ptr<IntervalCollector> make_collector(const RepetitionPlan& plan,
                                                                const RawRepetition& raw,
                                                                const Observers& observers);
/// Adds up the books that every repetition has. Pure.
[[nodiscard]] RepetitionResult assemble(const RepetitionPlan& plan, const RawRepetition& raw,
                                        bool stopped);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "busmark/core/affinity.hpp"
#include "busmark/core/resource_usage.hpp"
#include "busmark/engine/interval_collector.hpp"
#include "busmark/engine/live_progress.hpp"
#include "busmark/engine/run_result.hpp"
#include "busmark/engine/thread_setup.hpp"
#include "busmark/engine/workers.hpp"
#include "busmark/workload/schedule.hpp"

namespace busmark {

/// One repetition, resolved: nothing is left to decide once threads exist.
struct RepetitionPlan {
  Scenario scenario;
  Clock clock;
  std::vector<CpuId> producer_cpus;
  std::vector<CpuId> consumer_cpus;
  WaitStrategy wait = WaitStrategy::spin;  ///< The scenario's, or milder where cores are shared.
  std::uint64_t seed = 1;
  const SyntheticProgram* synthetic = nullptr;  ///< For the self-test's transport; not owned.
  bool realtime = false;
  bool shares_cores = false;  ///< Some core serves several of these threads.
};

/// What the threads of one repetition leave behind; parts are empty where a thread failed.
struct RawRepetition {
  Window window;
  std::vector<std::unique_ptr<ProducerRecord>> producers;
  std::vector<std::unique_ptr<ConsumerRecord>> consumers;
  std::vector<ResourceUsage> producer_usage;
  std::vector<ResourceUsage> consumer_usage;
  std::vector<std::vector<TuningStep>> tuning;  ///< By thread, producers first.
  Histogram response;                           ///< Of all consumers.
  Histogram service;
  std::vector<IntervalResult> intervals;
  std::chrono::system_clock::time_point measure_time;  ///< When the measured window began.
  std::uint64_t dropped = 0;
};

/// Largest sequence number plus one that each producer can need, so that the audit has room.
[[nodiscard]] std::vector<std::uint64_t> sequence_limits(const Scenario& scenario);
/// The phases of a repetition that starts about now.
[[nodiscard]] Window make_window(const Scenario& scenario, const Clock& clock);
[[nodiscard]] ScheduleShare schedule_share(const RepetitionPlan& plan, std::uint32_t producer);
/// The task of one worker but for the window.
[[nodiscard]] WorkerTask make_task(const RepetitionPlan& plan, std::uint32_t index);
/// The system's wall clock at the moment `ticks`, now or near.
[[nodiscard]] std::chrono::system_clock::time_point wall_time(std::int64_t ticks,
                                                              const Clock& clock);
[[nodiscard]] std::unique_ptr<IntervalCollector> make_collector(const RepetitionPlan& plan,
                                                                const RawRepetition& raw);
/// Adds the books up. Pure.
[[nodiscard]] RepetitionResult assemble(const RepetitionPlan& plan, const RawRepetition& raw,
                                        bool stopped);

/// What stands between a worker's loop and its books. The self-test is proven by replacing a part
/// with a broken one and seeing it noticed; the real parts are passed through and cost nothing.
struct EngineParts {
  static ConsumerRecord& recorder(ConsumerRecord& record) noexcept { return record; }
  static ConstantSchedule pacing(const ConstantSchedule& schedule,
                                 const Clock& /*clock*/) noexcept {
    return schedule;
  }
};

/// Runs producers and consumers of one scenario over transport `T` and returns what they measured.
/// The only template that knows threads, transport and scenario: one indirect call reaches it, and
/// below it everything is static. Throws SetupError when an endpoint cannot be made.
template <Transport T, typename Parts = EngineParts>
class Repetition {
 public:
  Repetition(const RepetitionPlan& plan, const StopFlag& stop, LiveProgress& live)
      : plan_(plan),
        stop_(stop),
        live_(live),
        limits_(sequence_limits(plan.scenario)),
        transport_(
            TransportOptions{.producers = plan.scenario.producers,
                             .consumers = plan.scenario.consumers,
                             .capacity = plan.scenario.capacity,
                             .payload = static_cast<std::uint32_t>(plan.scenario.payload.bytes),
                             .batch = plan.scenario.batch,
                             .parking = plan.wait == WaitStrategy::park,
                             .seed = plan.seed,
                             .synthetic = plan.synthetic}),
        producer_progress_(plan.scenario.producers),
        consumer_progress_(plan.scenario.consumers) {
    raw_.producers.resize(plan.scenario.producers);
    raw_.consumers.resize(plan.scenario.consumers);
    raw_.producer_usage.resize(plan.scenario.producers);
    raw_.consumer_usage.resize(plan.scenario.consumers);
    production_.producers_left = plan.scenario.producers;
  }

  RepetitionResult run() {
    const std::uint32_t producers = plan_.scenario.producers;
    const std::uint32_t consumers = plan_.scenario.consumers;
    errors_.resize(producers + consumers);
    raw_.tuning.resize(producers + consumers);
    std::unique_ptr<IntervalCollector> collector;
    {
      std::vector<std::jthread> threads;
      try {
        for (std::uint32_t i = 0; i < consumers; ++i) {
          threads.emplace_back(
              [this, i, producers] { guard(errors_[producers + i], [&] { consumer(i); }); });
        }
        for (std::uint32_t i = 0; i < producers; ++i) {
          threads.emplace_back([this, i] { guard(errors_[i], [&] { producer(i); }); });
        }
      } catch (...) {
        gate_.cancel();  // those that were started wait there
        throw;
      }
      gate_.wait_for(producers + consumers);
      if (failed()) {
        gate_.cancel();
      } else {
        raw_.window = make_window(plan_.scenario, plan_.clock);
        raw_.measure_time = wall_time(raw_.window.measure, plan_.clock);
        live_.begin_window(consumer_progress_, raw_.window);
        gate_.open(raw_.window);
        collector = make_collector(plan_, raw_);
        collector->collect_until_done(consumers_left_);
      }
    }
    live_.end_repetition();
    for (const std::exception_ptr& error : errors_) {
      if (error != nullptr) std::rethrow_exception(error);
    }
    collector->finish(std::any_of(raw_.producers.begin(), raw_.producers.end(),
                                  [](const auto& producer) { return producer->cut_short; }));
    raw_.response.merge(collector->response());
    raw_.service.merge(collector->service());
    raw_.intervals = collector->take_intervals();
    for (const std::uint64_t dropped : dropped_) raw_.dropped += dropped;
    return assemble(plan_, raw_, stop_.load());
  }

 private:
  /// Runs a worker; one that fails before the gate still arrives there, so that nobody waits for
  /// it.
  template <typename Body>
  void guard(std::exception_ptr& error, Body body) noexcept {
    try {
      body();
    } catch (...) {
      error = std::current_exception();
      gate_.arrive_and_wait();
    }
  }

  [[nodiscard]] bool failed() const {
    for (const std::exception_ptr& error : errors_) {
      if (error != nullptr) return true;
    }
    return false;
  }

  void producer(std::uint32_t index) {
    const ThreadSetup setup("producer", index, plan_.producer_cpus[index], plan_.realtime,
                            plan_.wait);
    raw_.tuning[index] = setup.steps();
    auto publisher = transport_.publisher(index);
    const PayloadPattern payload(static_cast<std::uint32_t>(plan_.scenario.payload.bytes),
                                 plan_.seed + index);
    std::vector<Message> buffer(plan_.scenario.batch);
    auto record = std::make_unique<ProducerRecord>();
    WorkerTask task = make_task(plan_, index);
    task.sequence_limit = limits_[index];
    const ScheduleShare share = schedule_share(plan_, index);

    if (!gate_.arrive_and_wait()) return;
    task.window = gate_.window();
    const ResourceUsage before = thread_usage();
    Progress& progress = producer_progress_[index];
    const Sender sender(publisher, payload, task, stop_, buffer, *record);
    if (!plan_.scenario.load.open_loop()) {
      wait_until(task.window.start, task.clock, task.wait, stop_);
      produce_saturated(sender, task, stop_, progress, *record);
    } else if (plan_.scenario.arrivals == Arrivals::poisson) {
      produce_open_loop(PoissonSchedule(task.window.start, share, plan_.seed), sender, task, stop_,
                        progress, *record);
    } else {
      produce_open_loop(Parts::pacing(ConstantSchedule(task.window.start, share), task.clock),
                        sender, task, stop_, progress, *record);
    }
    raw_.producer_usage[index] = thread_usage() - before;
    const std::uint64_t dropped = publisher.dropped();
    dropped_[index] = dropped;
    production_.finish(record->accepted - dropped);
    raw_.producers[index] = std::move(record);
  }

  void consumer(std::uint32_t index) {
    const ThreadSetup setup("consumer", index, plan_.consumer_cpus[index], plan_.realtime,
                            plan_.wait);
    raw_.tuning[plan_.scenario.producers + index] = setup.steps();
    auto subscription = transport_.subscription(index);
    std::vector<Message> buffer(plan_.scenario.batch);
    raw_.consumers[index] = std::make_unique<ConsumerRecord>(limits_);
    ConsumerRecord& record = *raw_.consumers[index];
    WorkerTask task = make_task(plan_, index);

    if (!gate_.arrive_and_wait()) return;
    task.window = gate_.window();
    const ResourceUsage before = thread_usage();
    const DrainState drain{production_, consumer_progress_};
    Progress& progress = consumer_progress_[index];
    auto&& recorder = Parts::recorder(record);
    if (plan_.scenario.load.open_loop()) {
      consume<true>(subscription, buffer, task, drain, progress, recorder);
    } else {
      consume<false>(subscription, buffer, task, drain, progress, recorder);
    }
    raw_.consumer_usage[index] = thread_usage() - before;
    consumers_left_.finish();
  }

  const RepetitionPlan& plan_;
  const StopFlag& stop_;
  LiveProgress& live_;
  std::vector<std::uint64_t> limits_;
  T transport_;
  std::vector<Progress> producer_progress_;
  std::vector<Progress> consumer_progress_;
  std::vector<std::uint64_t> dropped_ = std::vector<std::uint64_t>(producer_progress_.size());
  StartGate gate_;
  ProductionEnd production_;
  ConsumerCountdown consumers_left_{plan_.scenario.consumers};
  RawRepetition raw_;
  std::vector<std::exception_ptr> errors_;
};

}  // namespace busmark

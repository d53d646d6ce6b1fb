// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "aspect/floor/watch.hpp"
#include "aspect/tail/kernel_watch.hpp"
#include "aspect/tail/result.hpp"
#include "engine/engine_parts.hpp"
#include "engine/live_progress.hpp"
#include "engine/repetition_plan.hpp"
#include "engine/requesting.hpp"
#include "engine/thread_setup.hpp"
#include "engine/workers.hpp"
#include "machine/huge_pages.hpp"
#include "machine/resource_usage.hpp"
#include "record/message_flow.hpp"

namespace busmark {

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
        flow_(plan.scenario),
        limits_(sequence_limits(plan.scenario)),
        curve_(load_curve(plan)),
        grid_(plan.scenario, plan.clock, plan.seed),
        windows_(plan.scenario),
        transport_(TransportOptions{
            .producers = plan.scenario.producers,
            .consumers = plan.scenario.consumers,
            .capacity = plan.scenario.capacity,
            .payload = static_cast<std::uint32_t>(largest_payload(plan.scenario).bytes),
            .batch = plan.scenario.batch,
            .parking = plan.wait == WaitStrategy::park,
            .epoch = plan.clock.now(),
            .pattern = plan.scenario.pattern,
            .on_full = plan.scenario.on_full,
            .subjects = plan.scenario.subjects,
            .named_subjects = names_subjects(plan.scenario) ? subject_templates(plan.scenario)
                                                            : std::vector<std::string>(),
            .subscriptions = plan.scenario.subscriptions,
            .queue_group = plan.scenario.queue_group,
            .seed = plan.seed,
            .fault = plan.scenario.fault ? plan.scenario.fault->kind : FaultKind::none,
            .synthetic = plan.synthetic,
            .nats = &plan.nats}),
        producer_progress_(plan.scenario.producers),
        receiver_progress_(flow_.receivers()),
        legs_(flow_.legs()) {
    raw_.producers.resize(plan.scenario.producers);
    raw_.receivers.resize(flow_.receivers());
    raw_.producer_usage.resize(plan.scenario.producers);
    raw_.consumer_usage.resize(plan.scenario.consumers);
    for (std::uint32_t leg = 0; leg < flow_.legs(); ++leg) {
      legs_[leg].producers_left = flow_.senders(leg);
    }
  }

  RepetitionResult run() {
    const std::uint32_t producers = plan_.scenario.producers;
    const std::uint32_t consumers = plan_.scenario.consumers;
    errors_.resize(producers + consumers);
    raw_.tuning.resize(producers + consumers);
    raw_.threads.resize(producers + consumers);
    std::unique_ptr<IntervalCollector> collector;
    {
      std::vector<std::jthread> threads;
      try {
        for (std::uint32_t i = 0; i < consumers; ++i) {
          threads.emplace_back([this, i, producers] {
            guard(errors_[producers + i], [&](StartGate*& next) { consumer(i, next); });
          });
        }
        for (std::uint32_t i = 0; i < producers; ++i) {
          threads.emplace_back(
              [this, i] { guard(errors_[i], [&](StartGate*& next) { producer(i, next); }); });
        }
      } catch (...) {
        endpoints_gate_.cancel();  // those that were started wait there
        throw;
      }
      if (all_arrive(endpoints_gate_)) {
        endpoints_gate_.open({});
        if (all_arrive(gate_)) {
          std::unique_ptr<KernelWatch> kernel;
          try {
            if (plan_.pages != nullptr) plan_.pages->collapse();
            kernel = watch_kernel(plan_, raw_);
            live_.threads_ready(raw_.threads);
            raw_.window = agree_on_window(plan_);
            if (plan_.scenario.warmup_ends_steady) arm_warmup(plan_, raw_);
          } catch (...) {
            gate_.cancel();
            throw;
          }
          if (plan_.scenario.fault) arm_silences(plan_, raw_);
          board_.post(raw_.window);
          gate_.open(raw_.window);  // before the next lines, which may wait for who looks
          if (plan_.scenario.warmup_ends_steady) {
            live_.show_window(progress_of(flow_.final_receivers()), raw_.window, flow_.copies());
            settle_warmup(plan_, raw_, board_, receivers_left_, stop_);
          }
          if (plan_.floor != nullptr) plan_.floor->begin(raw_.window);
          live_.begin_window(progress_of(flow_.final_receivers()), raw_.window, flow_.copies());
          raw_.measure_time = wall_time(raw_.window.measure, plan_.clock);
          collector = make_collector(plan_, raw_);
          collector->on_interval(interval_observer(plan_, raw_, stop_, live_));
          std::optional<MemoryWatch> memory;
          if (watches_memory(plan_.scenario.budget)) {
            memory.emplace(plan_.clock, raw_.window, receivers_left_);
          }
          if (plan_.scenario.fault && !is_done_to_payloads(plan_.scenario.fault->kind)) {
            FaultDirector director(*plan_.scenario.fault, means_of_faults(threads[0]), plan_.clock,
                                   raw_.window, stop_);
            collector->collect_until_done(receivers_left_, &director);
            raw_.fault = director.times();
          } else {
            collector->collect_until_done(receivers_left_);
            if (plan_.scenario.fault) raw_.fault = planned_times(plan_, raw_.window);
          }
          if (memory) raw_.memory = memory->finish(collector->kept().bytes);
          if (kernel != nullptr) raw_.kernel = kernel->finish();
        }
      }
    }
    live_.end_repetition();
    stop_.take_back();
    for (const std::exception_ptr& error : errors_) {
      if (error != nullptr) std::rethrow_exception(error);
    }
    collector->finish(std::any_of(raw_.producers.begin(), raw_.producers.end(),
                                  [](const auto& producer) { return producer->cut_short; }));
    raw_.response.merge(collector->response());
    raw_.service.merge(collector->service());
    raw_.intervals = collector->take_intervals();
    raw_.sections = collector->take_sections();
    raw_.latencies = collector->latencies();
    for (const std::uint64_t dropped : dropped_) raw_.dropped += dropped;
    for (const auto& receiver : raw_.receivers) raw_.dropped += receiver->dropped;
    RepetitionResult result = assemble(plan_, raw_, stop_.load());
    if constexpr (requires { result.nats = transport_.report(); }) {
      result.nats = transport_.report();
    }
    return result;
  }

 private:
  /// The first consumer is the one that stands still.
  FaultDirector::Means means_of_faults(std::jthread& first_consumer) {
    FaultDirector::Means means{.begin = {}, .end = {}, .thread = first_consumer.native_handle()};
    if constexpr (requires { transport_.begin_fault(FaultKind::kill); }) {
      means.begin = [this](FaultKind kind) { transport_.begin_fault(kind); };
      means.end = [this](FaultKind kind) { transport_.end_fault(kind); };
    }
    return means;
  }

  /// Runs a worker; one that fails before a gate still arrives there, so that nobody waits for it.
  template <typename Body>
  void guard(std::exception_ptr& error, Body body) noexcept {
    StartGate* next = &endpoints_gate_;
    try {
      body(next);
    } catch (...) {
      error = std::current_exception();
      next->arrive_and_wait();
    }
  }

  /// Main: waits for all workers; cancels the gate when one of them has failed.
  bool all_arrive(StartGate& gate) {
    gate.wait_for(plan_.scenario.threads());
    const bool failed = std::any_of(errors_.begin(), errors_.end(),
                                    [](const auto& error) { return error != nullptr; });
    if (failed) gate.cancel();
    return !failed;
  }

  /// Worker: its endpoint is made. True when the run starts.
  template <typename Endpoint>
  bool ready(Endpoint& endpoint, StartGate*& next) {
    if (!endpoints_gate_.arrive_and_wait()) return false;
    next = &gate_;
    if constexpr (requires { endpoint.prepare(); }) endpoint.prepare();
    return gate_.arrive_and_wait();
  }

  [[nodiscard]] std::span<const Progress> progress_of(MessageFlow::Range receivers) const {
    return std::span(receiver_progress_).subspan(receivers.first, receivers.size());
  }

  void producer(std::uint32_t index, StartGate*& next) {
    const ThreadSetup setup("producer", index, plan_.producer_cpus[index], plan_.realtime,
                            plan_.wait);
    raw_.tuning[index] = setup.steps();
    raw_.threads[index] = gettid();
    if constexpr (RelayTransport<T>) {
      if (flow_.answers()) {
        if (staged()) return request<true, StagedRecord>(index, next);
        if (plan_.scenario.load.open_loop()) return request<true, ConsumerRecord>(index, next);
        return request<false, ConsumerRecord>(index, next);
      }
    }
    auto publisher = transport_.publisher(index);
    auto record = std::make_unique<ProducerRecord>();
    const std::uint64_t dropped = [&]() -> std::uint64_t {
      auto&& part = Parts::publisher(publisher, plan_.clock);
      if (!send(index, part, *record, PlainPause{}, next)) return 0;
      return publisher.dropped();
    }();
    dropped_[index] = dropped;
    legs_[0].finish(record->accepted - dropped);
    raw_.producers[index] = std::move(record);
  }

  [[nodiscard]] bool staged() const noexcept { return !curve_.empty(); }

  /// Sends all there is to send. False when the run does not start.
  template <typename P, typename Pause>
  bool send(std::uint32_t index, P& publisher, ProducerRecord& record, Pause pause,
            StartGate*& next) {
    const PayloadPatterns payloads(plan_.scenario, plan_.seed + index);
    std::vector<Message> buffer(plan_.scenario.batch);
    WorkerTask task = make_task(plan_, index);
    task.work = 0;  // which is a consumer's
    if (plan_.scenario.users != 0) task.batch = 1;
    task.sequence_limit = limits_[index];
    record.audits_from = windows_.first_measured(index);
    const ScheduleShare share = schedule_share(plan_, index);
    record.stages = StageProduction(grid_);

    const std::optional<PayloadPatterns> broken = broken_payloads(plan_, payloads);
    const WindowBoard::Reader reader(board_, task.window);
    if (!ready(publisher, next)) return false;
    if (broken) task.corruption = corruption_of(plan_, task.window, *broken);
    const ResourceUsage before = thread_usage();
    Progress& progress = producer_progress_[index];
    const Sender sender(publisher, payloads.sizes.front(), task, stop_, buffer, record);
    if constexpr (Pause::kSaturated) {
      if (!plan_.scenario.load.open_loop()) {
        wait_until(task.window.start, task.clock, task.wait, stop_);
        produce_saturated(sender, task, stop_, progress, record, pause);
      }
    }
    if constexpr (Pause::kStaged) {
      if (staged()) {
        produce_open_loop(
            StagedSchedule(task.window.start, curve_, share, plan_.scenario.arrivals, plan_.seed),
            Sender(publisher, ClassPayloads(payloads, grid_), task, stop_, buffer, record), task,
            stop_, progress, record, pause, StageBookkeeper(grid_, task.window, record.stages));
      }
    }
    if constexpr (Pause::kOpenLoop) {
      if (plan_.scenario.load.open_loop() && !staged()) {
        const RateSchedule schedule(task.window.start, share, plan_.scenario.arrivals, plan_.seed);
        produce_open_loop(Parts::pacing(schedule, task.clock), sender, task, stop_, progress,
                          record, pause);
      }
    }
    raw_.producer_usage[index] = thread_usage() - before;
    return true;
  }

  /// A producer that receives the answers to what it sends.
  template <bool kOpenLoop, typename Record>
  void request(std::uint32_t index, StartGate*& next) {
    const std::uint32_t receiver = flow_.consumers + index;
    auto endpoint = transport_.requester(index);
    auto record = std::make_unique<ProducerRecord>();
    const std::unique_ptr<UserCrowd> crowd = make_crowd(plan_, index, *record);
    std::vector<Message> buffer(plan_.scenario.batch);
    std::vector<std::uint64_t> own_limit(limits_.size());
    own_limit[index] = limits_[index];  // an answer to somebody else's request counts as corrupt
    raw_.receivers[receiver] = make_record<Record>(own_limit, grid_, windows_.of(receiver));
    auto&& answers = recorder_of<Record, Parts>(*raw_.receivers[receiver]);
    AnsweringPause<kOpenLoop, decltype(endpoint), std::remove_reference_t<decltype(answers)>> pause(
        endpoint, buffer, receiver_progress_[receiver], answers, crowd.get());

    WorkerTask task = make_task(plan_, index);
    task.work = 0;
    const WindowBoard::Reader reader(board_, task.window);
    const bool started = send(index, endpoint, *record, pause, next);
    legs_[0].finish(record->accepted);
    const std::uint64_t due = record->accepted;
    raw_.producers[index] = std::move(record);
    if (started) receive<kOpenLoop>(receiver, endpoint, buffer, task, answers, due);
  }

  void consumer(std::uint32_t index, StartGate*& next) {
    const ThreadSetup setup("consumer", index, plan_.consumer_cpus[index], plan_.realtime,
                            plan_.wait);
    raw_.tuning[plan_.scenario.producers + index] = setup.steps();
    raw_.threads[plan_.scenario.producers + index] = gettid();
    if constexpr (RelayTransport<T>) {
      if (flow_.relays(index)) {
        auto relay = transport_.relay(index);
        return consume_at<ConsumerRecord>(index, relay, next);
      }
    }
    auto subscription = transport_.subscription(index);
    const bool books_stages = staged() && index >= flow_.final_receivers().first;
    if (books_stages) return consume_at<StagedRecord>(index, subscription, next);
    consume_at<ConsumerRecord>(index, subscription, next);
  }

  template <typename Record, typename S>
  void consume_at(std::uint32_t index, S& subscription, StartGate*& next) {
    raw_.receivers[index] = make_record<Record>(limits_, grid_, windows_.of(index));
    std::vector<Message> buffer(plan_.scenario.batch);
    WorkerTask task = make_task(plan_, index);
    if (!grid_.work.empty()) task.mix = &grid_;
    const WindowBoard::Reader reader(board_, task.window);
    if (!ready(subscription, next)) return;
    const ResourceUsage before = thread_usage();
    auto&& record = recorder_of<Record, Parts>(*raw_.receivers[index]);
    if (std::is_same_v<Record, StagedRecord> || plan_.scenario.load.open_loop()) {
      receive<true>(index, subscription, buffer, task, record, {});
    } else if constexpr (!std::is_same_v<Record, StagedRecord>) {
      receive<false>(index, subscription, buffer, task, record, {});
    }
    raw_.consumer_usage[index] = thread_usage() - before;
    if (flow_.relays(index)) {
      legs_[flow_.leg(index) + 1].finish(raw_.receivers[index]->passed_on);
    }
  }

  /// Receives until all has come; `own_due`: what a requester waits for.
  template <bool kOpenLoop, typename S, typename Record>
  void receive(std::uint32_t receiver, S& subscription, std::span<Message> buffer,
               const WorkerTask& task, Record& record, std::optional<std::uint64_t> own_due) {
    const DrainState drain{.production = legs_[flow_.leg(receiver)],
                           .audience = progress_of(flow_.audience(receiver)),
                           .own_due = own_due,
                           .empty_is_end = own_due.has_value() && T::kInfo.lossless};
    consume<kOpenLoop>(subscription, buffer, task, drain, receiver_progress_[receiver], record);
    raw_.receivers[receiver]->audit.settle();
    raw_.receivers[receiver]->dropped = dropped_before(subscription);
    receivers_left_.finish();
  }

  const RepetitionPlan& plan_;
  const StopFlag& stop_;
  LiveProgress& live_;
  MessageFlow flow_;
  std::vector<std::uint64_t> limits_;
  LoadCurve curve_;
  StageGrid grid_;
  AuditWindows windows_;
  T transport_;
  std::vector<Progress> producer_progress_;
  std::vector<Progress> receiver_progress_;
  std::vector<std::uint64_t> dropped_ = std::vector<std::uint64_t>(producer_progress_.size());
  StartGate endpoints_gate_;         ///< All endpoints are there.
  StartGate gate_;                   ///< All are ready to go.
  WindowBoard board_;                ///< Where each worker has its window from.
  std::vector<ProductionEnd> legs_;  ///< By MessageFlow::leg.
  ReceiverCountdown receivers_left_{flow_.receivers()};
  RawRepetition raw_;
  std::vector<std::exception_ptr> errors_;
};

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/conductor.hpp"
#include "engine/engine_parts.hpp"
#include "engine/repetition_plan.hpp"
#include "engine/requesting.hpp"
#include "engine/workers.hpp"
#include "machine/resource_usage.hpp"
#include "record/message_flow.hpp"

namespace busmark {

/// Endpoints and loops of one scenario over transport `T`. The only template that knows threads,
/// transport and scenario: one indirect call for each thread reaches it, and below it everything is
/// static. The rest of a repetition is the conductor's.
template <Transport T, typename Parts = EngineParts>
class Repetition final : private Workers {
 public:
  Repetition(const RepetitionPlan& plan, const StopFlag& stop, LiveProgress& live)
      : plan_(plan), stop_(stop), live_(live), state_(plan, stop), transport_(options_of(plan)) {}

  /// Runs producers and consumers and returns what they measured. Throws SetupError when an
  /// endpoint cannot be made.
  RepetitionResult run() { return Conductor(state_, *this, live_).run(); }

 private:
  void report(RepetitionResult& result) override {
    if constexpr (requires { result.nats = transport_.report(); }) {
      result.nats = transport_.report();
    }
  }
  void begin_fault(FaultKind kind) override {
    if constexpr (requires { transport_.begin_fault(kind); }) transport_.begin_fault(kind);
  }
  void end_fault(FaultKind kind) override {
    if constexpr (requires { transport_.end_fault(kind); }) transport_.end_fault(kind);
  }

  /// Worker: its endpoint is made. True when the run starts.
  template <typename Endpoint>
  bool ready(Endpoint& endpoint, WorkerStart& start) {
    if (!start.arrive()) return false;
    if constexpr (requires { endpoint.prepare(); }) endpoint.prepare();
    return start.arrive();
  }

  void produce(std::uint32_t index, WorkerStart& start) override {
    if constexpr (RelayTransport<T>) {
      if (state_.flow.answers()) {
        if (state_.staged()) return request<true, StagedRecord>(index, start);
        if (plan_.scenario.load.open_loop()) return request<true, ConsumerRecord>(index, start);
        return request<false, ConsumerRecord>(index, start);
      }
    }
    auto publisher = transport_.publisher(index);
    auto record = std::make_unique<ProducerRecord>();
    const std::uint64_t dropped = [&]() -> std::uint64_t {
      auto&& part = Parts::publisher(publisher, plan_.clock);
      if (!send(index, part, *record, pause_of(publisher), start)) return 0;
      return publisher.dropped();
    }();
    state_.producer_dropped[index] = dropped;
    state_.legs[0].finish(record->accepted - dropped);
    state_.raw.producers[index] = std::move(record);
  }

  /// Sends all there is to send. False when the run does not start.
  template <typename P, typename Pause>
  bool send(std::uint32_t index, P& publisher, ProducerRecord& record, Pause pause,
            WorkerStart& start) {
    const PayloadPatterns payloads(plan_.scenario, plan_.seed + index);
    std::vector<Message> buffer(plan_.scenario.batch);
    WorkerTask task = make_task(plan_, index);
    task.work = 0;  // which is a consumer's
    if (plan_.scenario.users != 0) task.batch = 1;
    task.sequence_limit = state_.limits[index];
    record.audits_from = state_.windows.first_measured(index);
    const ScheduleShare share = schedule_share(plan_, index);
    record.stages = StageProduction(state_.grid);

    const std::optional<PayloadPatterns> broken = broken_payloads(plan_, payloads);
    const WindowBoard::Reader reader(state_.board, task.window);
    if (!ready(publisher, start)) return false;
    if (broken) task.corruption = corruption_of(plan_, task.window, *broken);
    const ResourceUsage before = thread_usage();
    Progress& progress = state_.producer_progress[index];
    const Sender sender(publisher, payloads.sizes.front(), task, stop_, buffer, record);
    if constexpr (Pause::kSaturated) {
      if (!plan_.scenario.load.open_loop()) {
        wait_until(task.window.start, task.clock, task.wait, stop_);
        produce_saturated(sender, task, stop_, progress, record, pause);
      }
    }
    if constexpr (Pause::kStaged) {
      if (state_.staged()) {
        produce_open_loop(
            StagedSchedule(task.window.start, state_.curve, share, plan_.scenario.arrivals,
                           plan_.seed),
            Sender(publisher, ClassPayloads(payloads, state_.grid), task, stop_, buffer, record),
            task, stop_, progress, record, pause,
            StageBookkeeper(state_.grid, task.window, record.stages));
      }
    }
    if constexpr (Pause::kOpenLoop) {
      if (plan_.scenario.load.open_loop() && !state_.staged()) {
        const RateSchedule schedule(task.window.start, share, plan_.scenario.arrivals, plan_.seed);
        produce_open_loop(Parts::pacing(schedule, task.clock), sender, task, stop_, progress,
                          record, pause);
      }
    }
    state_.raw.producer_usage[index] = thread_usage() - before;
    return true;
  }

  /// A producer that receives the answers to what it sends.
  template <bool kOpenLoop, typename Record>
  void request(std::uint32_t index, WorkerStart& start) {
    const std::uint32_t receiver = state_.flow.consumers + index;
    auto endpoint = transport_.requester(index);
    auto record = std::make_unique<ProducerRecord>();
    const std::unique_ptr<UserCrowd> crowd = make_crowd(plan_, index, *record);
    std::vector<Message> buffer(plan_.scenario.batch);
    std::vector<std::uint64_t> own_limit(state_.limits.size());
    own_limit[index] =
        state_.limits[index];  // an answer to somebody else's request counts as corrupt
    state_.raw.receivers[receiver] =
        make_record<Record>(own_limit, state_.grid, state_.windows.of(receiver));
    auto&& answers = recorder_of<Record, Parts>(*state_.raw.receivers[receiver]);
    AnsweringPause<kOpenLoop, decltype(endpoint), std::remove_reference_t<decltype(answers)>> pause(
        endpoint, buffer, state_.receiver_progress[receiver], answers, crowd.get());

    WorkerTask task = make_task(plan_, index);
    task.work = 0;
    const WindowBoard::Reader reader(state_.board, task.window);
    const bool started = send(index, endpoint, *record, pause, start);
    state_.legs[0].finish(record->accepted);
    const std::uint64_t due = record->accepted;
    state_.raw.producers[index] = std::move(record);
    if (started) receive<kOpenLoop>(receiver, endpoint, buffer, task, answers, due);
  }

  void consume(std::uint32_t index, WorkerStart& start) override {
    if constexpr (RelayTransport<T>) {
      if (state_.flow.relays(index)) {
        auto relay = transport_.relay(index);
        return consume_at<ConsumerRecord>(index, relay, start);
      }
    }
    auto subscription = transport_.subscription(index);
    const bool books_stages = state_.staged() && index >= state_.flow.final_receivers().first;
    if (books_stages) return consume_at<StagedRecord>(index, subscription, start);
    consume_at<ConsumerRecord>(index, subscription, start);
  }

  template <typename Record, typename S>
  void consume_at(std::uint32_t index, S& subscription, WorkerStart& start) {
    state_.raw.receivers[index] =
        make_record<Record>(state_.limits, state_.grid, state_.windows.of(index));
    std::vector<Message> buffer(plan_.scenario.batch);
    WorkerTask task = make_task(plan_, index);
    if (!state_.grid.work.empty()) task.mix = &state_.grid;
    const WindowBoard::Reader reader(state_.board, task.window);
    if (!ready(subscription, start)) return;
    const ResourceUsage before = thread_usage();
    auto&& record = recorder_of<Record, Parts>(*state_.raw.receivers[index]);
    if (std::is_same_v<Record, StagedRecord> || plan_.scenario.load.open_loop()) {
      receive<true>(index, subscription, buffer, task, record, {});
    } else if constexpr (!std::is_same_v<Record, StagedRecord>) {
      receive<false>(index, subscription, buffer, task, record, {});
    }
    state_.raw.consumer_usage[index] = thread_usage() - before;
    if (state_.flow.relays(index)) {
      state_.legs[state_.flow.leg(index) + 1].finish(state_.raw.receivers[index]->passed_on);
    }
  }

  /// Receives until all has come; `own_due`: what a requester waits for.
  template <bool kOpenLoop, typename S, typename Record>
  void receive(std::uint32_t receiver, S& subscription, std::span<Message> buffer,
               const WorkerTask& task, Record& record, std::optional<std::uint64_t> own_due) {
    const DrainState drain{.production = state_.legs[state_.flow.leg(receiver)],
                           .audience = state_.progress_of(state_.flow.audience(receiver)),
                           .own_due = own_due,
                           .empty_is_end = own_due.has_value() && T::kInfo.lossless};
    busmark::consume<kOpenLoop>(subscription, buffer, task, drain,
                                state_.receiver_progress[receiver], record);
    state_.raw.receivers[receiver]->audit.settle();
    state_.raw.receivers[receiver]->dropped = dropped_before(subscription);
    state_.receivers_left.finish();
  }

  const RepetitionPlan& plan_;
  const StopFlag& stop_;
  LiveProgress& live_;
  RepetitionState state_;
  T transport_;
};

}  // namespace busmark

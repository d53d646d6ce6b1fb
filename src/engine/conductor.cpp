// SPDX-License-Identifier: Apache-2.0
#include "engine/conductor.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "engine/thread_setup.hpp"
#include "machine/huge_pages.hpp"

namespace busmark {

bool Running::bring_forward(std::int64_t lead) {
  const bool in_time = board.bring_forward(plan.clock, lead);
  raw.window = board.window();
  return in_time;
}

void Running::call_off() {
  raw.called_off = true;
  stop.call_off();
}

RepetitionState::RepetitionState(const RepetitionPlan& wanted, const StopFlag& stop_flag)
    : plan(wanted),
      stop(stop_flag),
      flow(plan.scenario),
      limits(sequence_limits(plan.scenario)),
      curve(load_curve(plan)),
      grid(plan.scenario, plan.clock, plan.seed),
      windows(plan.scenario),
      producer_progress(plan.scenario.producers),
      producer_dropped(plan.scenario.producers),
      receiver_progress(flow.receivers()),
      legs(flow.legs()),
      receivers_left(flow.receivers()) {
  raw.producers.resize(plan.scenario.producers);
  raw.receivers.resize(flow.receivers());
  raw.producer_usage.resize(plan.scenario.producers);
  raw.consumer_usage.resize(plan.scenario.consumers);
  raw.tuning.resize(plan.scenario.threads());
  raw.threads.resize(plan.scenario.threads());
  raw.pins.resize(plan.scenario.threads());
  for (std::uint32_t leg = 0; leg < flow.legs(); ++leg) {
    legs[leg].producers_left = flow.senders(leg);
  }
}

Conductor::Conductor(RepetitionState& state, Workers& workers, LiveProgress& live)
    : state_(state),
      plan_(state.plan),
      workers_(workers),
      live_(live),
      own_(plan_.observers == nullptr ? make_observers(plan_) : Observers()),
      observers_(plan_.observers == nullptr ? own_ : *plan_.observers),
      running_{.plan = plan_,
               .raw = state.raw,
               .receivers = state.receivers_left,
               .stop = state.stop,
               .board = state.board,
               .workers = workers},
      errors_(plan_.scenario.threads()) {}

RepetitionResult Conductor::run() {
  {
    std::vector<std::jthread> threads;
    start_threads(threads);
    running_.first_consumer = threads.front().native_handle();
    if (all_arrive(endpoints_gate_)) {
      endpoints_gate_.open({});
      if (all_arrive(gate_)) {
        start();
        collect();
      }
    }
  }
  live_.end_repetition();
  state_.stop.take_back();
  for (const std::exception_ptr& error : errors_) {
    if (error != nullptr) std::rethrow_exception(error);
  }
  return result();
}

void Conductor::start_threads(std::vector<std::jthread>& threads) {
  const std::uint32_t producers = plan_.scenario.producers;
  const std::uint32_t all = plan_.scenario.threads();
  try {
    // Consumers first.
    for (std::uint32_t i = 0; i < all; ++i) {
      threads.emplace_back([this, thread = (producers + i) % all] { work(thread); });
    }
  } catch (...) {
    endpoints_gate_.cancel();  // those that were started wait there
    throw;
  }
}

void Conductor::work(std::uint32_t thread) noexcept {
  const std::uint32_t producers = plan_.scenario.producers;
  const bool produces = thread < producers;
  const std::uint32_t index = produces ? thread : thread - producers;
  WorkerStart start(endpoints_gate_, gate_);
  try {
    const char* const role = produces ? "producer" : "consumer";
    const CpuId cpu = (produces ? plan_.producer_cpus : plan_.consumer_cpus)[index];
    const ThreadSetup setup(role, index, cpu, plan_.realtime, plan_.wait);
    state_.raw.tuning[thread] = setup.steps();
    state_.raw.threads[thread] = gettid();
    WitnessedPin& pin = state_.raw.pins[thread];
    pin.pinned(fmt::format("{} {}", role, index), cpu);
    produces ? workers_.produce(index, start) : workers_.consume(index, start);
    pin.take();
  } catch (...) {
    errors_[thread] = std::current_exception();
    start.fail();
  }
}

bool Conductor::all_arrive(StartGate& gate) {
  gate.wait_for(plan_.scenario.threads());
  const bool failed = std::any_of(errors_.begin(), errors_.end(),
                                  [](const auto& error) { return error != nullptr; });
  if (failed) gate.cancel();
  return !failed;
}

void Conductor::start() {
  RawRepetition& raw = state_.raw;
  try {
    if (plan_.pages != nullptr) plan_.pages->collapse();
    for (const auto& observer : observers_) observer->threads_ready(running_);
    live_.threads_ready(raw.threads);  // which may wait for who looks, like the other one below
    raw.window = agree_on_window(plan_);
    for (const auto& observer : observers_) observer->window_agreed(running_);
  } catch (...) {
    gate_.cancel();
    throw;
  }
  state_.board.post(raw.window);
  gate_.open(raw.window);
}

void Conductor::collect() {
  RawRepetition& raw = state_.raw;
  const std::span<const Progress> received = state_.progress_of(state_.flow.final_receivers());
  try {
    live_.show_window(received, raw.window, state_.flow.copies());
    for (const auto& observer : observers_) observer->settle(running_);
    for (const auto& observer : observers_) observer->window_fixed(raw.window);
    live_.begin_window(received, raw.window, state_.flow.copies());
    raw.measure_time = wall_time(raw.window.measure, plan_.clock);
    collector_ = make_collector(plan_, raw, observers_);
    collector_->on_interval([this](const IntervalResult& interval) {
      if (const auto& follower = live_.interval_observer()) follower(interval);
      for (const auto& observer : observers_) observer->interval_closed(interval, running_);
    });
    collector_->collect_until_done(state_.receivers_left, observers_);
    running_.kept = collector_->kept();
  } catch (...) {
    tell_messages_over();
    throw;
  }
  tell_messages_over();
}

void Conductor::tell_messages_over() {
  for (const auto& observer : observers_) observer->messages_over(running_);
}

RepetitionResult Conductor::result() {
  RawRepetition& raw = state_.raw;
  collector_->finish(std::any_of(raw.producers.begin(), raw.producers.end(),
                                 [](const auto& producer) { return producer->cut_short; }));
  raw.response.merge(collector_->response());
  raw.service.merge(collector_->service());
  raw.intervals = collector_->take_intervals();
  raw.sections = collector_->take_sections();
  raw.latencies = collector_->latencies();
  for (const std::uint64_t dropped : state_.producer_dropped) raw.dropped += dropped;
  for (const auto& receiver : raw.receivers) raw.dropped += receiver->dropped;
  RepetitionResult result = assemble(plan_, raw, state_.stop.load());
  result.moved = moved_threads(raw.pins);
  for (const auto& observer : observers_) observer->finished(raw, result);
  workers_.report(result);
  return result;
}

}  // namespace busmark

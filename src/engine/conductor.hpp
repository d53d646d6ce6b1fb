// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "engine/load_curve.hpp"
#include "engine/observer.hpp"
#include "engine/phase.hpp"
#include "engine/repetition_plan.hpp"
#include "record/message_flow.hpp"

namespace busmark {

/// All that the threads of one repetition share and that knows no transport.
struct RepetitionState {
  RepetitionState(const RepetitionPlan& plan, const StopFlag& stop);

  [[nodiscard]] bool staged() const noexcept { return !curve.empty(); }
  [[nodiscard]] std::span<const Progress> progress_of(MessageFlow::Range receivers) const {
    return std::span(receiver_progress).subspan(receivers.first, receivers.size());
  }

  const RepetitionPlan& plan;
  const StopFlag& stop;
  MessageFlow flow;
  std::vector<std::uint64_t> limits;
  LoadCurve curve;
  StageGrid grid;
  AuditWindows windows;
  std::vector<Progress> producer_progress;
  std::vector<std::uint64_t> producer_dropped;  ///< Messages, by producer.
  std::vector<Progress> receiver_progress;
  std::vector<ProductionEnd> legs;  ///< By MessageFlow::leg.
  WindowBoard board;                ///< Where each worker has its window from.
  ReceiverCountdown receivers_left;
  RawRepetition raw;
};

/// A worker's way to the start: it arrives when its endpoint is made and again when it is ready.
class WorkerStart {
 public:
  WorkerStart(StartGate& endpoints, StartGate& go) noexcept : gates_{&endpoints, &go} {}

  /// Waits for all others; false: the run does not start.
  [[nodiscard]] bool arrive() noexcept {
    StartGate& gate = *gates_[next_];
    const bool open = gate.arrive_and_wait();
    if (open) next_ = 1;
    return open;
  }
  /// One that fails before a gate still arrives there, so that nobody waits for it.
  void fail() noexcept { gates_[next_]->arrive_and_wait(); }

 private:
  std::array<StartGate*, 2> gates_;
  std::size_t next_ = 0;
};

/// What the measured threads of a repetition do; called once on each of them.
class Workers {
 public:
  Workers() = default;
  virtual ~Workers() = default;
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Return when all is sent or received, or when the run does not start. May throw.
  virtual void produce(std::uint32_t index, WorkerStart& start) = 0;
  virtual void consume(std::uint32_t index, WorkerStart& start) = 0;
  /// Adds what the transport tells, after the threads are joined.
  virtual void report(RepetitionResult& result) = 0;
  /// A fault of the transport's; only where it has one.
  virtual void begin_fault(FaultKind /*kind*/) {}
  virtual void end_fault(FaultKind /*kind*/) {}
};

/// Leads one repetition: threads, gates, window and intervals, and the observers of its plan. It
/// knows no transport, so it is compiled once. Used for one run, on the thread of the runner.
class Conductor {
 public:
  /// All must outlive it.
  Conductor(RepetitionState& state, Workers& workers, LiveProgress& live);

  /// Throws what a worker or an observer has thrown: SetupError when an endpoint cannot be made.
  [[nodiscard]] RepetitionResult run();

 private:
  void start_threads(std::vector<std::jthread>& threads);
  /// On the thread itself, producers first.
  void work(std::uint32_t thread) noexcept;
  /// Waits for all workers; cancels the gate when one of them has failed.
  [[nodiscard]] bool all_arrive(StartGate& gate);
  /// Opens the gate behind which all wait, with a window that everybody has agreed on.
  void start();
  void collect();
  void tell_messages_over();
  [[nodiscard]] RepetitionResult result();

  RepetitionState& state_;
  const RepetitionPlan& plan_;
  Workers& workers_;
  LiveProgress& live_;
  Observers own_;  ///< Where the plan has none.
  const Observers& observers_;
  Running running_;
  StartGate endpoints_gate_;  ///< All endpoints are there.
  StartGate gate_;            ///< All are ready to go.
  std::vector<std::exception_ptr> errors_;
  std::unique_ptr<IntervalCollector> collector_;
};

}  // namespace busmark

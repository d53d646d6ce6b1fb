// SPDX-License-Identifier: Apache-2.0
#include "engine/repetition_plan.hpp"

#include <algorithm>
#include <cmath>

#include "machine/process_tuning.hpp"
#include "record/limits.hpp"
#include "record/message_flow.hpp"
#include "transport/plugin/plugin.hpp"

namespace busmark {
namespace {

struct Totals {
  std::uint64_t accepted = 0;  ///< Deliveries, as the next two; measured window.
  std::uint64_t warmup_accepted = 0;
  std::uint64_t warmup_received = 0;
  std::int64_t ended = 0;  ///< The last producer.
  bool cut_short = false;
  std::int64_t last_received = 0;
};

/// Up to when what a producer had not sent at its early end was missed: a stall at the very end is
/// none, as at the end of a window.
std::int64_t still_excused(const RepetitionPlan& plan, const RawRepetition& raw,
                           const ProducerRecord& record) {
  const std::int64_t grace = std::max((record.ended - raw.window.measure) / 100,
                                      plan.clock.to_ticks(std::chrono::milliseconds(5)));
  return record.ended - grace;
}

void add_producers(const RepetitionPlan& plan, const RawRepetition& raw, RepetitionResult& result,
                   Totals& totals) {
  const std::uint32_t copies = MessageFlow(plan.scenario).copies();
  for (std::uint32_t p = 0; p < raw.producers.size(); ++p) {
    const ProducerRecord& record = *raw.producers[p];
    result.counts.published += record.published * copies;
    result.counts.refused += record.refused * copies;
    result.pacing.lag.merge(record.pacing);
    result.pacing.late += record.late;
    result.pacing.overdue += record.overdue;
    result.pacing.backlog += record.backlog;
    // What comes after a stop was not missed, nor is what was due before the window.
    const std::int64_t next_due = std::max<std::int64_t>(record.next_due, raw.window.measure);
    // One that called itself off has missed what it should have sent by then.
    const bool called_off = raw.called_off && record.cut_short;
    const std::int64_t until =
        called_off ? still_excused(plan, raw, record) : std::int64_t{raw.window.end};
    if (plan.scenario.load.open_loop() && next_due < until && (called_off || !record.cut_short)) {
      const ScheduleShare share = schedule_share(plan, p);
      const auto behind = static_cast<double>(until - next_due);
      result.pacing.unsent +=
          static_cast<std::uint64_t>(std::ceil(behind / (share.period_ticks * share.producers)));
    }
    result.users.thoughts += record.users.thoughts;
    result.users.thought += plan.clock.duration(record.users.thought);
    totals.ended = std::max(totals.ended, record.ended);
    totals.cut_short = totals.cut_short || record.cut_short;
    result.producers += raw.producer_usage[p];
  }
}

/// Sequence numbers that one audience saw of a producer against those that it used.
void add_audience(const RawRepetition& raw, MessageFlow::Range audience, std::uint32_t producer,
                  RepetitionResult& result, Totals& totals) {
  std::vector<const SequenceAudit*> audits;
  for (std::uint32_t r = audience.first; r < audience.end; ++r) {
    audits.push_back(&raw.receivers[r]->audit);
  }
  const ProducerRecord& record = *raw.producers[producer];
  const std::uint64_t first = record.published == 0 ? record.accepted : record.first_measured;
  const AuditCounts counts = SequenceAudit::combine(audits, producer, first, record.accepted);
  result.counts.received += counts.unique;
  result.counts.duplicated += counts.duplicated;
  result.counts.reordered += counts.reordered;
  result.too_late += counts.too_late;
  // A message that is given up at the end may have reached some of its subscribers already.
  result.counts.corrupt += counts.never_sent - std::min(counts.never_sent, record.abandoned);
  totals.accepted += record.accepted - first;
  totals.warmup_accepted += first;
  totals.warmup_received += counts.earlier;
}

void add_audits(const MessageFlow& flow, const RawRepetition& raw, RepetitionResult& result,
                Totals& totals) {
  const MessageFlow::Range final = flow.final_receivers();
  for (std::uint32_t r = final.first; r < final.end; r = flow.audience(r).end) {
    for (std::uint32_t p = 0; p < flow.producers; ++p) {
      if (flow.owed(p, r)) add_audience(raw, flow.audience(r), p, result, totals);
    }
  }
}

void add_receivers(const MessageFlow& flow, const RawRepetition& raw, RepetitionResult& result,
                   Totals& totals) {
  for (std::uint32_t r = 0; r < flow.receivers(); ++r) {
    const ConsumerRecord& record = *raw.receivers[r];
    result.clock_backwards += record.clock_backwards;
    result.worst_backwards =
        std::min(result.worst_backwards, Nanoseconds(record.worst_backwards_ns));
    result.drain_timed_out = result.drain_timed_out || record.gave_up;
    if (!raw.latencies.empty()) result.receivers.push_back({raw.latencies[r], record.dropped});
    if (r < flow.final_receivers().first) continue;
    result.counts.corrupt += record.audit.corrupt();
    result.all_received += record.received;
    totals.last_received = std::max(totals.last_received, record.last_received);
  }
  for (const ResourceUsage& usage : raw.consumer_usage) result.consumers += usage;
}

/// Messages per second of a repetition whose counts are known.
class Rates {
 public:
  Rates(const Scenario& scenario, const RepetitionResult& result) noexcept
      : backlog_(static_cast<double>(result.pacing.backlog)),
        intended_(result.intended_rate),
        regular_(scenario.load.open_loop() && scenario.arrivals == Arrivals::constant) {}

  /// With what the warm-up left over: else a load that cannot be kept would have the rate that the
  /// length of its warm-up leaves for the window.
  [[nodiscard]] double of(std::uint64_t messages, Nanoseconds elapsed) const noexcept {
    if (elapsed.count() <= 0) return 0;
    const double own = static_cast<double>(messages) / in_seconds(elapsed);
    // The last of n messages opens a period that the window has not.
    if (regular_ && own >= intended_) return intended_;
    if (backlog_ == 0) return own;
    // Where the backlog was made up for, the rate was the intended one.
    return std::max(own, std::min(own + backlog_ / in_seconds(elapsed), intended_));
  }

 private:
  double backlog_;
  double intended_;
  bool regular_;
};

/// Forgets a backlog that is hardly any of what was sent.
void settle_backlog(std::uint32_t copies, PacingResult& pacing, const MessageCounts& counts) {
  const auto own = static_cast<double>(counts.published / copies);
  if (static_cast<double>(pacing.backlog) <= kRateTolerance * own) pacing.backlog = 0;
}

/// The thread that had its core least.
double smallest_core_share(const RawRepetition& raw) noexcept {
  double smallest = 1;
  for (const auto* usages : {&raw.producer_usage, &raw.consumer_usage}) {
    for (const ResourceUsage& usage : *usages) smallest = std::min(smallest, usage.core_share());
  }
  return smallest;
}

}  // namespace

std::vector<CpuId> measured_cores(const RepetitionPlan& plan) {
  std::vector<CpuId> cores = plan.producer_cpus;
  cores.insert(cores.end(), plan.consumer_cpus.begin(), plan.consumer_cpus.end());
  std::sort(cores.begin(), cores.end());
  cores.erase(std::unique(cores.begin(), cores.end()), cores.end());
  return cores;
}

TransportOptions options_of(const RepetitionPlan& plan) {
  const Scenario& scenario = plan.scenario;
  return {.producers = scenario.producers,
          .consumers = scenario.consumers,
          .capacity = scenario.capacity,
          .payload = static_cast<std::uint32_t>(largest_payload(scenario).bytes),
          .batch = scenario.batch,
          .parking = plan.wait == WaitStrategy::park,
          .epoch = plan.clock.now(),
          .pattern = scenario.pattern,
          .on_full = scenario.on_full,
          .subjects = scenario.subjects,
          .named_subjects =
              names_subjects(scenario) ? subject_templates(scenario) : std::vector<std::string>(),
          .subscriptions = scenario.subscriptions,
          .queue_group = scenario.queue_group,
          .seed = plan.seed,
          .fault = scenario.fault ? scenario.fault->kind : FaultKind::none,
          .synthetic = plan.synthetic,
          .nats = &plan.nats,
          .plugin = find_plugin(scenario.transport)};
}

std::vector<std::uint64_t> sequence_limits(const Scenario& scenario) {
  if (!scenario.load.open_loop()) {
    // Windows hold any number; a fault needs a bit for each, for so many as there is memory for.
    constexpr std::uint64_t kMost = std::uint64_t{1} << 47;
    const std::uint64_t audits =
        std::uint64_t{scenario.producers} * MessageFlow(scenario).receivers();
    return std::vector<std::uint64_t>(scenario.producers, AuditWindows::used_by(scenario)
                                                              ? kMost
                                                              : AuditWindows::kBudget * 8 / audits);
  }
  const double rate = scenario.load.rate->per_second;
  double messages = rate * in_seconds(scenario.warmup + scenario.duration);
  if (!scenario.stages.empty()) {
    messages = rate * in_seconds(scenario.warmup) +
               intended_rate(scenario) * in_seconds(scenario.duration) + 1;
  }
  const double share = messages / scenario.producers;
  // Six standard deviations cover what a Poisson process sends beyond its mean.
  const auto limit =
      static_cast<std::uint64_t>(std::ceil(share + 6 * std::sqrt(share))) + scenario.batch + 1;
  return std::vector<std::uint64_t>(scenario.producers, limit);
}

Nanoseconds fault_resolution(const Scenario& scenario) {
  constexpr Nanoseconds kLeast = std::chrono::milliseconds(1);
  if (!scenario.load.open_loop()) return kLeast;
  const MessageFlow flow(scenario);
  const std::uint32_t sharers =
      flow.answers() ? scenario.producers : flow.audience(flow.final_receivers().first).size();
  const double period = 1e9 * sharers / scenario.load.rate->per_second;
  return std::max(kLeast, Nanoseconds(static_cast<std::int64_t>(10 * period)));
}

std::optional<PayloadPatterns> broken_payloads(const RepetitionPlan& plan,
                                               const PayloadPatterns& payloads) {
  const std::optional<Fault>& fault = plan.scenario.fault;
  if (!fault || !is_done_to_payloads(fault->kind)) return std::nullopt;
  return payloads.corrupted();
}

FaultTimes planned_times(const RepetitionPlan& plan, const Window& window) {
  const Fault& fault = *plan.scenario.fault;
  return {.begun = window.measure + plan.clock.to_ticks(fault.at),
          .over = window.measure + plan.clock.to_ticks(fault.end())};
}

Corruption corruption_of(const RepetitionPlan& plan, const Window& window,
                         const PayloadPatterns& broken) {
  const FaultTimes times = planned_times(plan, window);
  return {.begin = times.begun,
          .ticks = static_cast<std::uint64_t>(times.over - times.begun),
          .broken = &broken};
}

Window make_window(const Scenario& scenario, const Clock& clock) {
  // Time for the threads to wake from the gate; more of them share cores the more there are.
  const Nanoseconds margin = std::chrono::milliseconds(1 + scenario.threads() / 4);
  Window window;
  window.start = clock.now() + clock.to_ticks(margin);
  window.measure = window.start + clock.to_ticks(scenario.warmup);
  window.end = window.measure + clock.to_ticks(scenario.duration);
  window.give_up = window.end + clock.to_ticks(scenario.drain);
  return window;
}

Window agree_on_window(const RepetitionPlan& plan) {
  if (!plan.agreed_start) return make_window(plan.scenario, plan.clock);
  const std::int64_t start = plan.agreed_start();
  Window window = make_window(plan.scenario, plan.clock);
  for (Moment* moment : {&window.measure, &window.end, &window.give_up}) {
    *moment = *moment + start - window.start;
  }
  window.start = start;
  return window;
}

ScheduleShare schedule_share(const RepetitionPlan& plan, std::uint32_t producer) {
  const double rate = plan.scenario.load.open_loop() ? plan.scenario.load.rate->per_second : 1;
  return {.period_ticks = plan.clock.ticks_per_second() / rate,
          .producers = plan.scenario.producers,
          .producer = producer};
}

LoadCurve load_curve(const RepetitionPlan& plan) {
  const std::vector<LoadStage> stages = paced_stages(plan.scenario);
  if (stages.empty()) return {};
  return {stages, *plan.scenario.load.rate, plan.clock.to_ticks(plan.scenario.warmup),
          plan.clock.ticks_per_second()};
}

std::unique_ptr<UserCrowd> make_crowd(const RepetitionPlan& plan, std::uint32_t producer,
                                      ProducerRecord& record) {
  const Scenario& scenario = plan.scenario;
  if (scenario.users == 0) return nullptr;
  const std::uint32_t more = scenario.users % scenario.producers > producer ? 1 : 0;
  const ThinkTimes think(scenario.think, plan.clock.ticks_per_second(), producer, plan.seed);
  return std::make_unique<UserCrowd>(scenario.users / scenario.producers + more, think, record);
}

WorkerTask make_task(const RepetitionPlan& plan, std::uint32_t index) {
  const Scenario& scenario = plan.scenario;
  const ScheduleShare share = schedule_share(plan, index);
  Nanoseconds work = scenario.work;
  for (const MessageClass& one : scenario.mix) work = std::max(work, work_of(scenario, one));
  return {.clock = plan.clock,
          .window = {},
          .wait = plan.wait,
          .on_full = scenario.on_full,
          .index = index,
          .batch = scenario.batch,
          .checksum = scenario.checksum,
          .touch_payload = largest_payload(scenario).bytes > Message::kInlinePayload,
          .sequence_limit = 0,
          .late_after = static_cast<std::int64_t>(share.period_ticks * share.producers),
          .work = plan.clock.to_ticks(work)};
}

std::chrono::system_clock::time_point wall_time(std::int64_t ticks, const Clock& clock) {
  const auto away = clock.duration(ticks - clock.now());
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(away);
}

std::unique_ptr<IntervalCollector> make_collector(const RepetitionPlan& plan,
                                                  const RawRepetition& raw,
                                                  const Observers& observers) {
  Nanoseconds interval = plan.scenario.interval;
  for (const auto& observer : observers) {
    interval = std::min(interval, observer->longest_interval());
  }
  // When nothing arrived is told to an interval.
  constexpr Nanoseconds kLongestForAvailability = std::chrono::milliseconds(100);
  const auto& budgets = plan.scenario.budget;
  if (std::any_of(budgets.begin(), budgets.end(),
                  [](const Budget& one) { return one.metric == Metric::availability; })) {
    interval = std::min(interval, kLongestForAvailability);
  }
  std::vector<ConsumerRecord*> receivers;
  for (const auto& receiver : raw.receivers) receivers.push_back(receiver.get());
  auto collector = std::make_unique<IntervalCollector>(
      std::move(receivers), MessageFlow(plan.scenario).final_receivers().first, plan.clock,
      raw.window, interval, plan.scenario.load.open_loop());
  if (plan.scenario.soak) {
    collector->forget_intervals();
  } else {
    collector->keep_sections(section_count(plan.scenario.duration));
  }
  return collector;
}

RepetitionResult assemble(const RepetitionPlan& plan, const RawRepetition& raw, bool stopped) {
  RepetitionResult result;
  Totals totals;
  const MessageFlow flow(plan.scenario);
  for (const auto& thread : raw.tuning) {
    for (const TuningStep& step : thread) add_step(result.tuning, step);
  }
  add_producers(plan, raw, result, totals);
  add_audits(flow, raw, result, totals);
  add_receivers(flow, raw, result, totals);
  result.response.merge(raw.response);
  result.service.merge(raw.service);
  result.intervals = raw.intervals;
  result.sections = raw.sections;
  result.measure_time = raw.measure_time;
  result.core_share = smallest_core_share(raw);

  // Transports say how many they dropped, not which: what they do not own up to counts as lost in
  // the measured window first, so that drops of the warm-up excuse no loss.
  const std::uint64_t missing = totals.accepted - result.counts.received;
  const std::uint64_t all_missing = missing + totals.warmup_accepted - totals.warmup_received;
  const std::uint64_t all_lost = all_missing - std::min(raw.dropped, all_missing);
  result.counts.lost = std::min(missing, all_lost);
  result.counts.dropped = missing - result.counts.lost;
  result.warmup_lost = all_lost - result.counts.lost;

  // Sending lasts until the window's end at least; longer where a producer was held up, shorter
  // only where it was stopped or ran out of sequence numbers.
  const std::int64_t sending_end =
      totals.cut_short ? totals.ended : std::max<std::int64_t>(totals.ended, raw.window.end);
  const Nanoseconds sending = plan.clock.duration(sending_end - raw.window.measure);
  const Nanoseconds receiving =
      plan.clock.duration(std::max(totals.last_received, sending_end) - raw.window.measure);
  result.elapsed = std::max(sending, Nanoseconds(0));
  result.ended_early = totals.cut_short;
  result.interrupted = stopped && totals.cut_short && !raw.called_off;
  result.intended_rate = intended_rate(plan.scenario);
  settle_backlog(flow.copies(), result.pacing, result.counts);
  // Rates are of messages: a message to many counts once, as it does in the intended rate.
  const Rates rates(plan.scenario, result);
  result.offered_rate = rates.of(result.counts.published / flow.copies(), result.elapsed);
  const std::uint64_t carried = totals.accepted - result.counts.dropped;
  result.achieved_rate = rates.of(carried / flow.copies(), result.elapsed);
  result.received_rate = rates.of(result.counts.received / flow.copies(), receiving);
  return result;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/drive/operations.hpp"
#include "engine/drive/transport_groups.hpp"
#include "engine/thread_setup.hpp"
#include "machine/huge_pages.hpp"

namespace busmark {
namespace {

/// A message as one JSON object, by nlohmann/json; the payload is a string of printable letters.
struct JsonFrame : Material {
  explicit JsonFrame(const RepetitionPlan& plan) : Material(plan) {
    for (const std::byte byte : payload) {
      letters += static_cast<char>('a' + static_cast<unsigned>(byte) % 26);
    }
    encode();
  }
  void encode() {
    const nlohmann::json json{{"sequence", ++message.sequence},
                              {"producer", message.producer},
                              {"due", message.due},
                              {"sent", message.sent},
                              {"payload", letters}};
    text = json.dump();
    keep(text.data());
  }
  std::string letters;
  std::string text;
  int faults = 0;
};
struct EncodeJson : JsonFrame {
  static constexpr TransportInfo kInfo{.name = "op/encode-json",
                                       .summary = "message to JSON text, by nlohmann/json"};
  using JsonFrame::JsonFrame;
  void operator()() noexcept { encode(); }
};
struct DecodeJson : JsonFrame {
  static constexpr TransportInfo kInfo{.name = "op/decode-json", .summary = "and back"};
  using JsonFrame::JsonFrame;
  void operator()() noexcept {
    keep(text.data());
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_discarded() || json["sequence"] != message.sequence) ++faults;
    std::string read = json["payload"];
    keep(read.data());
  }
};

std::int64_t end_of_section(const Window& window, std::size_t index, std::size_t count) noexcept {
  const std::int64_t length = window.end - window.measure;
  return window.measure +
         length * static_cast<std::int64_t>(index + 1) / static_cast<std::int64_t>(count);
}

/// What one thread repeats until the window ends: `batch` operations between two readings of the
/// clock are one sample.
///
/// The window is cut into as many sections as there are histograms.
template <typename Operation>
void repeat(Operation& operation, std::uint32_t batch, const Clock& clock, const Window& window,
            const StopFlag& stop, Progress& progress, std::vector<Histogram>& sections) noexcept {
  std::uint64_t count = 0;
  std::int64_t start = clock.now();
  for (std::size_t i = 0; i < sections.size(); ++i) {
    Histogram& samples = sections[i];
    const std::int64_t section_end = end_of_section(window, i, sections.size());
    while (start < section_end && !stop.load(std::memory_order_relaxed)) {
      for (std::uint32_t k = 0; k < batch; ++k) operation();
      const std::int64_t end = clock.now();
      if (window.measured(start)) {
        samples.record(static_cast<std::uint64_t>(clock.to_nanoseconds(end - start)));
        progress.set(++count);
      }
      start = clock.now();
    }
  }
}

/// The books of the whole from those of its sections.
void add_sections(const std::vector<Histogram>& sections, const Window& window, const Clock& clock,
                  RepetitionResult& result) {
  Nanoseconds begin{0};
  for (std::size_t i = 0; i < sections.size(); ++i) {
    result.response.merge(sections[i]);
    const Nanoseconds end =
        clock.duration(end_of_section(window, i, sections.size()) - window.measure);
    // An interruption leaves the rest empty.
    if (sections[i].total() != 0) {
      result.sections.push_back({begin, end - begin, DecodedHistogram(sections[i])});
    }
    begin = end;
  }
}

/// Of the observers it has only those that watch a window: an operation has no receivers, and what
/// needs them is refused (src/plan/limits.cpp).
template <typename Operation>
RepetitionResult run_operation(const RepetitionPlan& plan, const StopFlag& stop,
                               LiveProgress& live) {
  RepetitionResult result;
  std::vector<Progress> progress(1);
  std::vector<Histogram> sections(section_count(plan.scenario.duration));
  std::exception_ptr error;
  StartGate gate;
  RawRepetition raw;
  std::int64_t ended = 0;
  pid_t worker = 0;
  std::vector<WitnessedPin> pins(1);
  {
    const std::jthread thread([&] {
      try {
        const ThreadSetup setup("operation", 0, plan.producer_cpus.front(), plan.realtime,
                                WaitStrategy::spin);
        result.tuning = setup.steps();
        worker = gettid();
        pins.front().pinned("the operation's thread", plan.producer_cpus.front());
        Operation operation(plan);
        if (!gate.arrive_and_wait()) return;
        const ResourceUsage before = thread_usage();
        repeat(operation, plan.scenario.batch, plan.clock, gate.window(), stop, progress.front(),
               sections);
        ended = plan.clock.now();
        pins.front().take();
        result.producers = thread_usage() - before;
        result.counts.corrupt = static_cast<std::uint64_t>(operation.faults);
      } catch (...) {
        error = std::current_exception();
        gate.arrive_and_wait();
      }
    });
    gate.wait_for(1);
    if (error != nullptr) {
      gate.cancel();
    } else {
      raw.threads = {worker};
      live.threads_ready(raw.threads);
      if (plan.pages != nullptr) plan.pages->collapse();
      raw.window = make_window(plan.scenario, plan.clock);
      result.measure_time = wall_time(raw.window.measure, plan.clock);
      gate.open(raw.window);
      if (plan.observers != nullptr) {
        for (const auto& observer : *plan.observers) observer->window_fixed(raw.window);
      }
      live.begin_window(progress, raw.window);
    }
  }
  live.end_repetition();
  if (error != nullptr) std::rethrow_exception(error);
  add_sections(sections, raw.window, plan.clock, result);
  result.service.merge(result.response);
  result.counts.published = result.counts.received = result.response.total();
  result.elapsed = plan.clock.duration(std::max<std::int64_t>(ended, raw.window.measure + 1) -
                                       raw.window.measure);
  const double rate = static_cast<double>(result.counts.received) * 1e9 /
                      static_cast<double>(result.elapsed.count());
  result.offered_rate = result.achieved_rate = result.received_rate = rate;
  result.core_share = result.producers.core_share();
  result.moved = moved_threads(pins);
  result.interrupted = result.ended_early = stop.load();
  IntervalResult interval;
  interval.length = result.elapsed;
  interval.response = DecodedHistogram(result.response);
  interval.service = DecodedHistogram(result.service);
  result.intervals.push_back(std::move(interval));
  if (plan.observers != nullptr) {
    for (const auto& observer : *plan.observers) observer->finished(raw, result);
  }
  return result;
}

std::string always_there(const RunOptions& /*options*/) { return {}; }
ServerPlace no_server(const RunOptions& /*options*/) { return ServerPlace::ours; }

template <typename Operation>
TransportEntry entry() {
  TransportInfo info = Operation::kInfo;
  info.max_producers = info.max_consumers = 1;
  info.patterns = {Pattern::one_way};
  info.operation = true;
  const bool one_core = !requires { Operation::kTwoCores; };
  return {info, &run_operation<Operation>, &always_there, &no_server, one_core};
}

}  // namespace

std::vector<TransportEntry> operation_entries() {
  return {
    entry<CallDirectly>(), entry<BuildMessage>(), entry<CheckPayload>(), entry<EncodeBinary>(),
        entry<DecodeBinary>(), entry<EncodeJson>(), entry<DecodeJson>(), entry<EncodeNats>(),
        entry<DecodeNats>(), entry<TakeSlot>(), entry<AllocateLinked>(),
        entry<AllocateLinkedAcross>(),
#if defined(__GLIBC__)
        entry<AllocateLibc>(), entry<AllocateLibcAcross>(),
#endif
  };
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/duration_option.hpp"
#include "cli/console.hpp"
#include "cli/interrupts.hpp"
#include "engine/runner.hpp"
#include "judge/store.hpp"
#include "machine/interrupt_counts.hpp"
#include "plan/plan.hpp"
#include "record/run_result.hpp"
#include "verb/tune/command.hpp"
#include "verb/tune/mark_keys.hpp"
#include "verb/tune/marks.hpp"
#include "verb/tune/tell.hpp"
#include "verb/tune/terminal.hpp"
#include "verb/tune/view.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kUsualBlock = 300ms;
constexpr std::uint32_t kUsualBlocks = 20;
constexpr Nanoseconds kViewWindow = 5s;
constexpr std::size_t kMostInWindow = 10;
constexpr std::size_t kCourse = 300;
constexpr std::size_t kInterruptsShown = 3;
constexpr Nanoseconds kStatusPeriod = 2s;

std::atomic<bool> mark_signalled{false};

extern "C" void on_mark_signal(int) { mark_signalled.store(true); }

/// The setting of one scenario in a few words, without why its cores were chosen.
std::string settings_text(const PlannedScenario& planned) {
  const Scenario& scenario = planned.scenario;
  const std::string cores = describe(planned.placement);
  return fmt::format("{}, wait {}, batch {}, {}; {}", scenario.transport, to_string(scenario.wait),
                     scenario.batch, to_string(scenario.load), cores.substr(0, cores.find(" (")));
}

/// Every scenario as one short repetition.
RunConfig watch_config(const TuneArguments& arguments, Nanoseconds block) {
  ConfigOptions options = arguments.config;
  options.set.push_back(fmt::format("scenario.duration={}ns", block.count()));
  options.set.push_back(fmt::format("scenario.warmup={}ns", (block / 2).count()));
  options.set.emplace_back("run.repetitions=1");
  options.set.emplace_back("run.retries=0");
  TuneArguments short_blocks = arguments;
  short_blocks.config = options;
  return tune_config(short_blocks);
}

/// What the doctor's files said at one moment, to be held against the next.
std::vector<Finding> findings_now(const RunPlan& plan) {
  try {
    return diagnose(examine({.cores = measured_cores(plan), .probe = Nanoseconds{0}}), {}).findings;
  } catch (const SetupError&) {
    return {};
  }
}

std::vector<std::string> settings_changed(const std::vector<Finding>& before,
                                          const std::vector<Finding>& after) {
  std::vector<std::string> notes;
  for (const Finding& now : after) {
    for (const Finding& then : before) {
      const bool changed =
          then.id == now.id && then.found != now.found && !then.found.empty() && !now.found.empty();
      if (changed) notes.push_back(fmt::format("{}: was {}, is {}", now.id, then.found, now.found));
    }
  }
  return notes;
}

/// The blocks of the last seconds and what interrupted their cores.
class Window {
 public:
  explicit Window(const PlannedScenario& planned) : cores_(planned.placement.cpus) {
    std::sort(cores_.begin(), cores_.end());
    cores_.erase(std::unique(cores_.begin(), cores_.end()), cores_.end());
    result_.scenario = planned.scenario;
    result_.placement = planned.placement;
  }

  void add(ScenarioResult&& block, Nanoseconds begin, Nanoseconds end) {
    result_.lossless = block.lossless;
    std::ranges::move(block.repetitions, std::back_inserter(result_.repetitions));
    tables_.push_back({end, read_interrupts(), read_softirqs()});
    begins_.push_back(begin);
    end_ = end;
    while (begins_.size() > kMostInWindow ||
           (begins_.size() > 1 && end - begins_.front() > kViewWindow)) {
      begins_.pop_front();
      tables_.pop_front();
      result_.repetitions.erase(result_.repetitions.begin());
    }
  }

  void show(TuneView& view) const {
    if (result_.repetitions.empty()) return;
    view.window = end_ - begins_.front();
    view.now = summarise(result_);
    view.trouble.clear();
    const std::vector<std::string> faults = find_faults(result_, *view.now);
    if (!faults.empty()) view.trouble = "INVALID: " + faults.front();
    const RepetitionResult& last = result_.repetitions.back();
    if (faults.empty() && last.disturbed()) view.trouble = last.disturbance;
    view.cores.clear();
    for (const CpuId cpu : cores_) view.cores.push_back(core(cpu));
  }

 private:
  struct Tables {
    Nanoseconds at{};
    InterruptTable hard;
    InterruptTable soft;
  };

  [[nodiscard]] TuneViewCore core(CpuId cpu) const {
    TuneViewCore shown;
    shown.cpu = cpu;
    Nanoseconds watched{};
    Nanoseconds lost{};
    std::size_t gaps = 0;
    for (const RepetitionResult& repetition : result_.repetitions) {
      for (const SpinProbe& probe : repetition.floor) {
        if (probe.cpu != cpu || !probe.problem.empty()) continue;
        watched += probe.wall;
        gaps += probe.gaps.size() + probe.gaps_not_kept;
        for (const Nanoseconds gap : probe.gaps) lost += gap;
        shown.longest = std::max(shown.longest, longest_gap(probe));
      }
    }
    const double seconds = std::chrono::duration<double>(watched).count();
    shown.probed = seconds > 0;
    if (shown.probed) {
      shown.gaps_per_second = static_cast<double>(gaps) / seconds;
      shown.lost_share = std::chrono::duration<double>(lost).count() / seconds;
    }
    shown.interrupts = interrupts(cpu);
    return shown;
  }

  [[nodiscard]] std::vector<std::pair<std::string, double>> interrupts(CpuId cpu) const {
    std::vector<std::pair<std::string, double>> list;
    if (tables_.size() < 2) return list;
    const Tables& first = tables_.front();
    const Tables& last = tables_.back();
    const double seconds = std::chrono::duration<double>(last.at - first.at).count();
    std::vector<InterruptCount> counts = interrupts_between(first.hard, last.hard, cpu);
    const std::vector<InterruptCount> soft = interrupts_between(first.soft, last.soft, cpu);
    counts.insert(counts.end(), soft.begin(), soft.end());
    std::ranges::stable_sort(counts, std::greater{}, &InterruptCount::count);
    for (const InterruptCount& one : counts) {
      if (list.size() == kInterruptsShown) break;
      list.emplace_back(one.name, static_cast<double>(one.count) / seconds);
    }
    return list;
  }

  std::vector<CpuId> cores_;
  ScenarioResult result_;
  std::deque<Nanoseconds> begins_;
  std::deque<Tables> tables_;
  Nanoseconds end_{};
};

class Watch {
 public:
  Watch(const TuneArguments& arguments, const RunPlan& plan, TuneLedger& ledger, MarkRules rules,
        Nanoseconds session, TuneOutput& output)
      : plan_(plan),
        ledger_(ledger),
        output_(output),
        session_(session),
        marks_(std::move(rules)),
        window_(plan.scenarios.front()),
        clock_(choose_clock(plan)),
        begin_(clock_.now()) {
    view_.scenario = ledger.scenario + " of " + arguments.config.config.string();
    view_.settings = settings_text(plan.scenarios.front());
    view_.measure = ledger.measure;
  }

  void run(const StopFlag& stop);

 private:
  [[nodiscard]] Nanoseconds now() const { return clock_.duration(clock_.now() - begin_); }
  void take_orders(Nanoseconds earliest);
  void count(RunResult&& result, Nanoseconds begin, Nanoseconds end);
  void show(const KeyTerminal& terminal);

  const RunPlan& plan_;
  TuneLedger& ledger_;
  TuneOutput& output_;
  Nanoseconds session_;  ///< 0: until somebody ends it.
  MarkBook marks_;
  Window window_;
  Clock clock_;
  std::int64_t begin_;
  TuneView view_;
  std::vector<Finding> findings_;
  PendingInput input_;
  MarkKeys keys_;
  MarkLines lines_;
  bool has_keys_ = false;
  bool screen_ = false;
  bool quit_ = false;
  std::size_t saved_ = 0;  ///< Marks and verdicts that the files have.
  std::size_t told_ = 0;   ///< Lines of the ledger that have a verdict and were printed.
  std::optional<Nanoseconds> last_status_;
};

/// `earliest`: when it was looked last.
void Watch::take_orders(Nanoseconds earliest) {
  const std::string text = input_.read();
  MarkOrders orders = has_keys_ ? keys_.take(text) : lines_.take(text);
  if (mark_signalled.exchange(false)) orders.mark = true;
  quit_ = quit_ || orders.quit;
  if (orders.mark) {
    std::vector<Finding> after = findings_now(plan_);
    marks_.mark(earliest, "", utc_now(), settings_changed(findings_, after));
    findings_ = std::move(after);
  }
  if (orders.name) marks_.rename(*orders.name);
  // A mark or a verdict is on the disk before the next block, whatever ends the process.
  const std::size_t known = marks_.lines().size() * 2 - (marks_.awaited() ? 1 : 0);
  if (known == saved_ && !orders.name) return;
  saved_ = known;
  ledger_.lines = marks_.lines();
  output_.save(ledger_, "");
}

void Watch::count(RunResult&& result, Nanoseconds begin, Nanoseconds end) {
  StoredRun stored = store(judge(result));
  StoredScenario& scenario = stored.scenarios.front();
  for (StoredRepetition& repetition : scenario.repetitions) {
    // What nothing here reads, and hours would pile up.
    repetition.intervals.reset();
    repetition.load_series.reset();
  }
  scenario.histograms.reset();
  ++view_.blocks;
  view_.invalid += why_not_comparable(scenario).empty() ? 0U : 1U;
  view_.counts += scenario.counts;
  const AbBlock block = read_block(scenario);
  const std::vector<std::string> names = measure_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == ledger_.measure) view_.course.push_back(block.values[i]);
  }
  if (view_.course.size() > kCourse) view_.course.erase(view_.course.begin());
  marks_.add({.begin = begin, .end = end, .scenario = std::move(scenario)});
  window_.add(std::move(result.scenarios.front()), begin, end);
}

void Watch::show(const KeyTerminal& terminal) {
  ledger_.lines = marks_.lines();
  view_.elapsed = now();
  view_.lines = marks_.lines();
  view_.awaited = marks_.awaited();
  view_.label = keys_.typing();
  window_.show(view_);
  if (screen_) {
    const KeyTerminal::Size size = KeyTerminal::size();
    terminal.draw(write_tune_view(view_, size.columns, size.rows, color_wanted()));
    return;
  }
  const std::size_t decided = marks_.lines().size() - (marks_.awaited() ? 1 : 0);
  for (; told_ < decided; ++told_) print("  " + tune_line_text(marks_.lines()[told_]) + "\n");
  const bool due = !last_status_ || view_.elapsed - *last_status_ >= kStatusPeriod;
  if (!due || !view_.now) return;
  last_status_ = view_.elapsed;
  print(write_tune_status(view_));
}

void Watch::run(const StopFlag& stop) {
  struct sigaction action {};
  action.sa_handler = on_mark_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  has_keys_ = KeyTerminal::has_keys();
  screen_ = has_keys_ && can_rewrite_lines(STDOUT_FILENO);
  LiveProgress progress(clock_);
  const RunSession runs({plan_}, clock_);
  findings_ = findings_now(plan_);  // with what the session itself has set
  progress.begin_run(1, session_);
  if (!screen_) {
    print(fmt::format("{}: {}; {} marks a change, {} ends\n", view_.scenario, view_.settings,
                      has_keys_ ? "m" : "a line \"m [NAME]\" or SIGUSR1",
                      has_keys_ ? "q" : "\"q\" or Ctrl-C"));
  }
  const KeyTerminal terminal(has_keys_, screen_);
  Nanoseconds looked{};
  for (std::uint32_t block = 0; !stop.load() && !quit_; ++block) {
    show(terminal);
    const Nanoseconds begin = now();
    if (session_.count() > 0 && begin >= session_) break;
    RunResult result = runs.run(plan_, stop, progress, {block, 0});
    if (stop.load()) break;
    const Nanoseconds end = now();
    // A process that was stopped meanwhile has measured that.
    if (!terminal.was_stopped()) count(std::move(result), begin, end);
    take_orders(looked);
    looked = end;
  }
  marks_.finish();
  ledger_.lines = marks_.lines();
}

}  // namespace

ExitCode watch_and_mark(const TuneArguments& arguments) {
  const Nanoseconds block = arguments.block.empty()
                                ? kUsualBlock
                                : parse_duration_option(arguments.block, 10ms, "--block", 1min);
  const RunConfig config = watch_config(arguments, block);
  const RunPlan plan = make_plan(config, read_topology());
  if (const std::string& skipped = plan.scenarios.front().skipped; !skipped.empty()) {
    throw SetupError(fmt::format("scenario {}: {}", plan.scenarios.front().scenario.name, skipped));
  }
  const Nanoseconds session =
      arguments.duration.empty()
          ? Nanoseconds{}
          : parse_duration_option(arguments.duration, 100ms, "--duration", 24h);
  TuneLedger ledger = begin_ledger(arguments, config);
  ledger.block = block;
  ledger.rounds = arguments.rounds > 0 ? arguments.rounds : kUsualBlocks;
  ledger.suggestions = ask_doctor(plan);
  const MarkRules rules{
      .measure = ledger.measure,
      .threshold = ledger.threshold,
      .blocks = ledger.rounds,
      .settle = parse_duration_option(arguments.settle, Nanoseconds{0}, "--settle")};
  TuneOutput output(arguments, config.run);
  const StopFlag& stop = catch_interrupts();
  {
    Watch watch(arguments, plan, ledger, rules, session, output);
    watch.run(stop);
  }
  ledger.interrupted = stop.load();
  output.deliver(ledger, "");
  if (!output.complete()) return ExitCode::usage;
  return ledger.interrupted ? ExitCode::interrupted : ExitCode::ok;
}

}  // namespace busmark

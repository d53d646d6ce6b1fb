// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/duration_option.hpp"
#include "cli/console.hpp"
#include "cli/interrupts.hpp"
#include "config/file.hpp"
#include "engine/runner.hpp"
#include "machine/process_tuning.hpp"
#include "plan/plan.hpp"
#include "verb/ab/blocks.hpp"
#include "verb/ab/collector.hpp"
#include "verb/tune/command.hpp"
#include "verb/tune/plan.hpp"
#include "verb/tune/tell.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr Nanoseconds kUsualSession = 2min;

/// `queue/spsc`, `queue/spsc with spin`.
std::string value_text(const std::vector<TuneSetting>& settings) {
  std::string text;
  for (const TuneSetting& setting : settings) {
    text += (text.empty() ? "" : " with ") + setting.value;
  }
  return text;
}

std::string exact_text(Nanoseconds time) {
  const std::string text = format_duration(time);
  return parse_duration(text) == time ? text : fmt::format("{}ns", time.count());
}

class AutoTune {
 public:
  AutoTune(const TuneArguments& arguments, RunConfig config, TuneOutput& output,
           const StopFlag& stop);

  void run();
  [[nodiscard]] const TuneLedger& ledger() const noexcept { return ledger_; }
  [[nodiscard]] std::string tuned_config() const;

 private:
  void plan_trials();
  void tell_plan() const;
  void try_knob(TuneKnob knob);
  void try_again();
  void try_candidate(TuneCandidate candidate, std::uint32_t rounds);
  void confirm();
  void measure(TuneLine& line, const std::vector<TuneSetting>& a, const std::vector<TuneSetting>& b,
               const TuneRules& rules);
  [[nodiscard]] bool is_settled(const TuneCandidate& candidate) const;
  [[nodiscard]] std::uint32_t rounds_left() const;
  [[nodiscard]] bool time_for(std::uint32_t rounds) const;
  [[nodiscard]] std::vector<std::string> command(const std::vector<TuneSetting>& a,
                                                 const std::vector<TuneSetting>& b,
                                                 std::uint32_t rounds) const;

  const TuneArguments& arguments_;
  RunConfig start_;
  Scenario scenario_;  ///< With what was kept so far, as the next.
  RunOptions options_;
  TuneMachine machine_;
  TuneOutput& output_;
  const StopFlag& stop_;
  TuneLedger ledger_;
  TuneRules rules_;
  Nanoseconds session_{};
  SteadyTime began_ = std::chrono::steady_clock::now();
  std::uint32_t blocks_done_ = 0;
  Nanoseconds blocks_took_{};
};

AutoTune::AutoTune(const TuneArguments& arguments, RunConfig config, TuneOutput& output,
                   const StopFlag& stop)
    : arguments_(arguments),
      start_(std::move(config)),
      scenario_(start_.scenarios.front()),
      options_(start_.run),
      machine_(look_at_machine()),
      output_(output),
      stop_(stop),
      ledger_(begin_ledger(arguments, start_)) {
  const RunPlan plan = make_plan(start_, machine_.topology);
  if (const std::string& skipped = plan.scenarios.front().skipped; !skipped.empty()) {
    throw SetupError(fmt::format("scenario {}: {}", scenario_.name, skipped));
  }
  ledger_.suggestions = ask_doctor(plan);
  plan_trials();
  rules_ = {.measure = ledger_.measure,
            .threshold = ledger_.threshold,
            .rounds = ledger_.rounds,
            .family = ledger_.family};
}

void AutoTune::plan_trials() {
  std::size_t trials = 0;
  for (const TuneKnob knob : kTuneKnobs) {
    for (const TuneCandidate& one : tune_candidates(knob, scenario_, options_, machine_)) {
      trials += one.obstacle.empty() ? 1U : 0U;
    }
  }
  trials = std::max<std::size_t>(trials, 1);
  ledger_.family = 2 * trials;  // each may be tried again
  TuneTimes times{.session = kUsualSession,
                  .trials = trials,
                  .least_block = least_block(scenario_, ledger_.measure)};
  if (!arguments_.duration.empty()) {
    times.session = parse_duration_option(arguments_.duration, 1s, "--duration", 24h);
  }
  if (!arguments_.block.empty()) {
    times.block = parse_duration_option(arguments_.block, 10ms, "--block");
  }
  if (arguments_.rounds > 0) times.rounds = arguments_.rounds;
  session_ = times.session;
  const TunePlan plan = busmark::plan_trials(times);
  ledger_.block = plan.block;
  ledger_.rounds = plan.rounds;
}

void AutoTune::tell_plan() const {
  print(
      fmt::format("{}: up to {} trials of {} rounds, each 3 blocks of {}, within {};\nwhat looks "
                  "good is tried again, then the start against the end\n",
                  ledger_.scenario, ledger_.family / 2, ledger_.rounds,
                  format_duration(ledger_.block), format_duration(session_)));
  for (const TuneKnob knob : kTuneKnobs) {
    std::string values;
    for (const TuneCandidate& one : tune_candidates(knob, scenario_, options_, machine_)) {
      const std::string value = value_text(one.tried);
      values += values.empty() ? value_text(one.now) + " -> " : ", ";
      values += one.obstacle.empty() ? value : "(" + value + ")";
    }
    if (!values.empty()) print(fmt::format("  {:<10} {}\n", to_string(knob), values));
  }
  if (const std::uint32_t least = least_rounds(ledger_.family); ledger_.rounds < least) {
    print(fmt::format("  {} rounds can be sure of nothing in {} trials; {} are the least\n",
                      ledger_.rounds, ledger_.family, least));
  }
  print("\n");
}

std::vector<std::string> AutoTune::command(const std::vector<TuneSetting>& a,
                                           const std::vector<TuneSetting>& b,
                                           std::uint32_t rounds) const {
  std::vector<std::string> words{"busmark", "ab", arguments_.config.config.string()};
  const std::vector<std::string> selection = arguments_.config.selection();
  words.insert(words.end(), selection.begin(), selection.end());
  for (const std::string& setting : arguments_.config.set) {
    words.insert(words.end(), {"--set", setting});
  }
  const auto side = [&](const char* flag, const std::vector<TuneSetting>& settings) {
    const std::string text = short_text(settings);
    if (!text.empty()) words.insert(words.end(), {flag, text});
  };
  side("--a", a);
  side("--b", b);
  words.insert(
      words.end(),
      {"--rounds", std::to_string(rounds), "--block", exact_text(ledger_.block), "--threshold",
       fmt::format("{:g}%", ledger_.threshold * 100), "--measures", ledger_.measure});
  return words;
}

/// How many rounds of one more trial fit into the session.
std::uint32_t AutoTune::rounds_left() const {
  const Nanoseconds block =
      blocks_done_ > 0 ? blocks_took_ / blocks_done_ : whole_block(ledger_.block);
  const Nanoseconds left =
      began_ + session_ * 11 / 10 - std::chrono::steady_clock::now() - 2 * kAroundTrial;
  const Nanoseconds round = std::max<Nanoseconds>(block * kAbArms, 1ns);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left / round, 0, 1'000'000));
}

/// With those that confirm what was kept.
bool AutoTune::time_for(std::uint32_t rounds) const {
  return rounds_left() >= rounds + (ledger_.kept.empty() ? 0 : ledger_.rounds);
}

void AutoTune::measure(TuneLine& line, const std::vector<TuneSetting>& a,
                       const std::vector<TuneSetting>& b, const TuneRules& rules) {
  AbBlockPlan plan;
  plan.config = arguments_.config;
  for (const TuneSetting& setting : a) plan.a.settings.push_back(setting.text());
  for (const TuneSetting& setting : b) plan.b.settings.push_back(setting.text());
  plan.duration = ledger_.block;
  plan.blocks = rules.rounds * static_cast<std::uint32_t>(kAbArms);
  std::vector<AbArm> arms;
  for (const auto& order : ab_orders(rules.rounds, options_.seed)) {
    arms.insert(arms.end(), order.begin(), order.end());
  }
  AbSession session;
  session.a = plan.a.text();
  session.b = plan.b.text();
  session.planned_rounds = rules.rounds;
  session.block = plan.duration;
  AbCollector collector(session);
  TuneBooks books_a;
  TuneBooks books_b;
  const SteadyTime begin = std::chrono::steady_clock::now();
  run_blocks_here(plan, arms, stop_, [&](AbArm arm, std::uint32_t block, const StoredRun& run) {
    collector.add(arm, block, run);
    (arm == AbArm::b ? books_b : books_a).add(run.scenarios.front());
    ++blocks_done_;
    return block % kAbArms != kAbArms - 1 || !hopeless(session, rules);
  });
  blocks_took_ += std::chrono::steady_clock::now() - begin;
  session.interrupted = stop_.load();
  line.command = tune_command(command(a, b, rules.rounds));
  judge_trial(line, session, books_a, books_b, rules);
  if (!session.interrupted) return;
  line.kept = false;
  line.reason =
      fmt::format("interrupted after {} of {} rounds",
                  session.scenarios.empty() ? 0 : session.scenarios[0].rounds.size(), rules.rounds);
}

void AutoTune::try_candidate(TuneCandidate candidate, std::uint32_t rounds) {
  // It stands against the best so far, which may be the candidate before it.
  for (TuneSetting& now : candidate.now) {
    for (const TuneSetting& kept : ledger_.kept) {
      if (kept.key == now.key) now = kept;
    }
  }
  TuneLine& line = ledger_.lines.emplace_back();
  line.at = utc_now();
  line.knob = to_string(candidate.knob);
  line.before = candidate.now;
  line.after = candidate.tried;
  line.from = short_text(candidate.now);
  line.to = short_text(candidate.tried);
  line.tried = false;
  line.reason = candidate.obstacle;
  if (line.reason.empty() && !time_for(rounds)) {
    line.reason =
        fmt::format("the time is over; give it more than --duration {}", format_duration(session_));
  }
  if (!line.reason.empty()) return;
  std::vector<TuneSetting> tried = ledger_.kept;
  put_settings(tried, candidate.tried);
  TuneRules rules = rules_;
  rules.rounds = rounds;
  try {
    line.tried = true;
    measure(line, ledger_.kept, tried, rules);
  } catch (const ConfigError& error) {
    line.tried = false;
    line.reason = error.diagnostics().front().message;
  } catch (const SetupError& error) {
    line.tried = false;
    line.reason = error.what();
  }
  if (!line.kept) return;
  put_settings(ledger_.kept, candidate.tried);
  apply(candidate.tried, scenario_, options_);
}

/// Nothing is left to try in it: all of it is so already, or one of a pair has been decided alone.
bool AutoTune::is_settled(const TuneCandidate& candidate) const {
  const auto kept = [&](const TuneSetting& wanted, bool same_value) {
    return std::ranges::any_of(ledger_.kept, [&](const TuneSetting& one) {
      return one.key == wanted.key && (!same_value || one.value == wanted.value);
    });
  };
  const bool pair = candidate.tried.size() > 1;
  return std::ranges::any_of(candidate.tried,
                             [&](const TuneSetting& one) { return kept(one, !pair); });
}

void AutoTune::try_knob(TuneKnob knob) {
  for (const TuneCandidate& candidate : tune_candidates(knob, scenario_, options_, machine_)) {
    if (stop_.load()) return;
    if (is_settled(candidate)) continue;
    try_candidate(candidate, ledger_.rounds);
    print("  " + tune_line_text(ledger_.lines.back()) + "\n");
    output_.save(ledger_, tuned_config());
  }
}

/// With the time that trials which ended early have left: what looked good and was not sure, the
/// best first, in twice as many rounds. The planned family has room for it.
void AutoTune::try_again() {
  const std::uint32_t rounds = std::min(2 * ledger_.rounds, kMostTuneRounds);
  const std::vector<TuneLine> first = ledger_.lines;
  for (const std::size_t index : promising(first, rules_)) {
    if (stop_.load() || !time_for(rounds)) return;
    const auto knob = std::ranges::find(kTuneKnobs, first[index].knob,
                                        [](TuneKnob one) { return to_string(one); });
    const TuneCandidate candidate{*knob, first[index].before, first[index].after, {}};
    if (is_settled(candidate)) continue;
    try_candidate(candidate, rounds);
    ledger_.lines.back().notes.emplace_back("tried again, in more rounds");
    print("  " + tune_line_text(ledger_.lines.back()) + "\n");
    output_.save(ledger_, tuned_config());
  }
}

void AutoTune::confirm() {
  if (ledger_.kept.empty() || stop_.load()) return;
  TuneLine& whole = ledger_.whole.emplace();
  whole.at = utc_now();
  whole.knob = "all together";
  TuneRules rules = rules_;
  rules.family = 1;  // one question of its own
  if (arguments_.rounds == 0) {
    rules.rounds = std::clamp(rounds_left(), rules.rounds, std::max(rules.rounds, kMostTuneRounds));
  }
  measure(whole, {}, ledger_.kept, rules);
  whole.kept = false;  // it is no change of its own
  print("  " + tune_line_text(whole) + "\n");
}

void AutoTune::run() {
  tell_plan();
  for (const TuneKnob knob : kTuneKnobs) try_knob(knob);
  try_again();
  std::ranges::move(done_anyway(), std::back_inserter(ledger_.lines));
  confirm();
  ledger_.interrupted = stop_.load();
}

std::string AutoTune::tuned_config() const {
  const ConfigOptions& config = arguments_.config;
  const std::string text = config.names_library() ? "" : config.text();
  return write_tuned_config(ledger_, options_, scenario_,
                            write_transport_tables(text, config.config.string(), config.set));
}

}  // namespace

ExitCode tune_automatically(const TuneArguments& arguments) {
  RunConfig config = tune_config(arguments);
  TuneOutput output(arguments, config.run);
  const StopFlag& stop = catch_interrupts();
  AutoTune tuning(arguments, std::move(config), output, stop);
  tuning.run();
  const TuneLedger& ledger = tuning.ledger();
  output.deliver(ledger, tuning.tuned_config());
  if (!output.complete()) return ExitCode::usage;
  if (ledger.interrupted) return ExitCode::interrupted;
  const bool any = std::any_of(ledger.lines.begin(), ledger.lines.end(), [](const TuneLine& one) {
    return one.judged.has_value() || one.kept;
  });
  return any ? ExitCode::ok : ExitCode::invalid;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/duration_option.hpp"
#include "base/quote.hpp"
#include "cli/compare_options.hpp"
#include "cli/console.hpp"
#include "cli/github.hpp"
#include "cli/interrupts.hpp"
#include "cli/output.hpp"
#include "engine/runner.hpp"
#include "judge/paired.hpp"
#include "tell/compare_text.hpp"
#include "verb/ab/blocks.hpp"
#include "verb/ab/collector.hpp"
#include "verb/ab/confirm.hpp"
#include "verb/ab/json.hpp"
#include "verb/ab/judge.hpp"
#include "verb/tune/plan.hpp"
#include "verb/verb.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kRounds = 20;
constexpr std::uint32_t kMostRounds = 100'000;
constexpr double kUsualThreshold = 0.02;
constexpr Nanoseconds kAtMost = std::chrono::seconds(60);
/// Of a program, whose start takes as long, and of a session of so many rounds.
constexpr Nanoseconds kProcessBlock = std::chrono::milliseconds(200);
/// In one process, of a session that goes on until decided.
constexpr Nanoseconds kSlice = std::chrono::milliseconds(5);

struct AbArguments {
  ConfigOptions config;
  std::vector<std::string> a;
  std::vector<std::string> b;
  std::string a_program;
  std::string b_program;
  std::uint32_t rounds = 0;  ///< 0: not said.
  std::string until;
  std::string at_most;
  std::string block;
  std::uint32_t confirm = 0;
  ComparisonFlags comparison;
  std::string json;
  std::string out;
  bool gha = false;
};

fs::path program_at(const std::string& text, const std::string& flag) {
  if (text.empty()) return {};
  std::error_code error;
  const fs::path path = fs::canonical(text, error);
  if (error || !fs::is_regular_file(path, error) || access(path.c_str(), X_OK) != 0) {
    throw SetupError(fmt::format("{} {} is no program that can be started; name a busmark binary",
                                 flag, in_quotes(text, 200)));
  }
  return path;
}

AbSide read_side(const std::vector<std::string>& texts, const std::string& program,
                 const std::string& flag) {
  AbSide side;
  for (const std::string& text : texts) {
    const std::vector<std::string> settings = parse_side(text, flag);
    side.settings.insert(side.settings.end(), settings.begin(), settings.end());
  }
  side.program = program_at(program, flag + "-binary");
  return side;
}

/// The words of this command without those of what a further session has of its own.
std::vector<std::string> words_again(const AbArguments& arguments) {
  std::vector<std::string> words{"ab", arguments.config.config.string()};
  const auto add = [&](const char* flag, const std::string& text) {
    if (!text.empty()) words.insert(words.end(), {flag, text});
  };
  const std::vector<std::string> selection = arguments.config.selection();
  words.insert(words.end(), selection.begin(), selection.end());
  for (const std::string& setting : arguments.config.set) add("--set", setting);
  for (const std::string& text : arguments.a) add("--a", text);
  for (const std::string& text : arguments.b) add("--b", text);
  add("--a-binary", arguments.a_program);
  add("--b-binary", arguments.b_program);
  if (arguments.rounds > 0) add("--rounds", std::to_string(arguments.rounds));
  add("--until", arguments.until);
  add("--at-most", arguments.at_most);
  add("--block", arguments.block);
  add("--threshold", arguments.comparison.threshold);
  add("--measures", arguments.comparison.measures);
  return words;
}

/// Long enough for the measures that the session is to decide.
Nanoseconds slice_of(const RunConfig& config, const CompareOptions& options) {
  const std::vector<std::string> names = measure_names();
  Nanoseconds slice = kSlice;
  for (const Scenario& scenario : config.scenarios) {
    std::string measure = options.measures.empty() ? "p95" : options.measures.front();
    for (const Budget& budget : scenario.budget) {
      const std::string metric = budget.text.substr(0, budget.text.find(' '));
      if (std::ranges::find(names, metric) == names.end()) continue;
      measure = metric;
      break;
    }
    slice = std::max(slice, least_block(scenario, measure, kSlice));
  }
  return slice;
}

/// Where one side has a program of its own, the other has this one.
bool by_programs(AbBlockPlan& plan) {
  if (plan.a.program.empty() && plan.b.program.empty()) return false;
  for (AbSide* side : {&plan.a, &plan.b}) {
    if (side->program.empty()) side->program = program_at("/proc/self/exe", "busmark");
  }
  return true;
}

AbBlockPlan plan_blocks(const AbArguments& arguments) {
  AbBlockPlan plan;
  plan.config = arguments.config;
  plan.a = read_side(arguments.a, arguments.a_program, "--a");
  plan.b = read_side(arguments.b, arguments.b_program, "--b");
  if (plan.a.settings.empty() && plan.b.settings.empty() && plan.a.program.empty() &&
      plan.b.program.empty()) {
    throw ConfigError({{"ab", "",
                        "nothing is to differ; write for example --b transport=queue/mpmc, or "
                        "--b-binary PATH"}});
  }
  constexpr Nanoseconds kShortest = std::chrono::milliseconds(1);
  const bool until = !arguments.until.empty();
  if (until && arguments.until != "decided") {
    throw ConfigError(
        {{"--until", "",
          in_quotes(arguments.until) + " is not known; a session goes on until \"decided\""}});
  }
  if (!until && !arguments.at_most.empty()) {
    throw ConfigError({{"--at-most", "",
                        "bounds a session that goes on until decided; add --until decided, or say "
                        "how many --rounds there are to be"}});
  }
  if (until && arguments.rounds > 0) {
    throw ConfigError({{"--rounds", "",
                        "a session that goes on until decided has as many as that takes; leave "
                        "out --rounds or --until decided"}});
  }
  if (until) {
    plan.at_most = arguments.at_most.empty()
                       ? kAtMost
                       : parse_duration_option(arguments.at_most, std::chrono::seconds(1),
                                               "--at-most", std::chrono::hours(24));
  }
  if (!arguments.block.empty()) {
    plan.duration = parse_duration_option(arguments.block, kShortest, "--block");
  } else if (!until) {
    plan.duration = kProcessBlock;
  }
  const std::uint32_t usual = until ? kMostRounds : kRounds;
  plan.blocks =
      (arguments.rounds > 0 ? arguments.rounds : usual) * static_cast<std::uint32_t>(kAbArms);
  return plan;
}

CompareOptions options_of(const AbArguments& arguments) {
  CompareOptions options = arguments.comparison.options();
  if (arguments.comparison.threshold.empty()) options.threshold = kUsualThreshold;
  return options;
}

/// Judges a session as it grows, at the looks that its longest time allows.
class AbJudge {
 public:
  AbJudge(AbSession& session, const CompareOptions& options)
      : session_(session), options_(options) {
    session_.looks = 0;
  }

  /// After each round: whether another is to follow.
  bool go_on(std::uint32_t rounds) {
    const Nanoseconds elapsed = std::chrono::steady_clock::now() - began_;
    session_.round_time = elapsed / rounds;
    const double progress = std::max(in_seconds(elapsed) / in_seconds(*session_.at_most),
                                     static_cast<double>(rounds) / session_.planned_rounds);
    if (rounds < kFewestRounds && progress < 1) return true;
    const auto share = looks_.due(progress);
    if (!share) return true;
    session_.look_share = *share;
    ++session_.looks;
    session_.decided = is_decided(compare_blocks(session_, options_));
    looked_at_ = rounds;
    return !session_.decided && progress < 1;
  }

  /// What came behind the last look is judged by what is left for the end.
  void finish(std::uint32_t rounds) {
    if (session_.decided || rounds == looked_at_) return;
    session_.look_share = AbLooks::last();
    ++session_.looks;
  }

 private:
  AbSession& session_;
  const CompareOptions& options_;
  AbLooks looks_;
  std::uint32_t looked_at_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

ExitCode deliver(const AbArguments& arguments, const AbSession& session,
                 const RunComparison& comparison, RunFolder& folder) {
  const HoldInterrupts hold;
  const std::string json = write_ab_json(session, comparison);
  print(session.scenarios.empty() ? "no round was completed: nothing is compared\n"
                                  : write_compare_text(comparison, color_wanted()));
  const fs::path& made = folder.create();
  write_file(made / "ab.json", json, "--out");
  print(fmt::format("result   {}\n", (made / "ab.json").string()));
  if (!arguments.json.empty()) write_file(arguments.json, json, "--json");
  if (arguments.gha) tell_github(comparison);
  if (session.interrupted) return ExitCode::interrupted;
  return exit_code(comparison, arguments.comparison.fail_inconclusive);
}

AbSession begin_session(const AbArguments& arguments, const AbBlockPlan& plan) {
  AbSession session;
  session.config = arguments.config.config.string();
  session.a = plan.a.text();
  session.b = plan.b.text();
  session.started_at = utc_now();
  session.planned_rounds = plan.blocks / static_cast<std::uint32_t>(kAbArms);
  session.block = plan.duration;
  session.at_most = plan.at_most;
  return session;
}

void measure(AbSession& session, const AbBlockPlan& plan, bool programs, std::uint64_t seed,
             const CompareOptions& options, const StopFlag& stop) {
  std::vector<AbArm> arms;
  for (const auto& order : ab_orders(session.planned_rounds, seed)) {
    arms.insert(arms.end(), order.begin(), order.end());
  }
  AbCollector collector(session);
  std::optional<AbJudge> judge;
  if (session.at_most) judge.emplace(session, options);
  std::uint32_t rounds = 0;
  const AbBlockSink sink = [&](AbArm arm, std::uint32_t block, const StoredRun& run) {
    collector.add(arm, block, run);
    if (block % kAbArms != kAbArms - 1) return true;
    ++rounds;
    return !judge || judge->go_on(rounds);
  };
  if (programs) {
    run_blocks_by_programs(plan, arms, stop, sink);
  } else {
    run_blocks_here(plan, arms, stop, sink);
  }
  session.interrupted = stop.load();
  if (judge) judge->finish(rounds);
}

ExitCode ab_command(const AbArguments& arguments) {
  AbBlockPlan plan = plan_blocks(arguments);
  const CompareOptions options = options_of(arguments);
  const bool programs = by_programs(plan);
  if (plan.duration.count() == 0) {
    plan.duration = programs ? kProcessBlock : slice_of(arguments.config.load(), options);
  }
  const RunConfig config = programs ? arguments.config.load() : side_config(plan, plan.a);
  if (arguments.gha) require_github();
  if (!arguments.json.empty()) check_writable(arguments.json, "--json");
  RunFolder folder(arguments.out.empty() ? config.run.out : arguments.out, config.run.name + "-ab");
  AbSession session = begin_session(arguments, plan);
  const StopFlag& stop = catch_interrupts();
  measure(session, plan, programs, config.run.seed, options, stop);
  RunComparison comparison = compare_blocks(session, options);
  if (arguments.confirm > 0 && !session.interrupted) {
    confirm_calls(
        comparison,
        {.words = words_again(arguments), .seed = config.run.seed, .sessions = arguments.confirm},
        stop);
    session.interrupted = stop.load();
  }
  return deliver(arguments, session, comparison, folder);
}

}  // namespace

Verb ab_verb() {
  const auto arguments = std::make_shared<AbArguments>();
  return {.name = "ab",
          .about = "Compare two settings or binaries in interleaved blocks",
          .arguments = join(
              {arguments->config.arguments(false),
               {{"--a", &arguments->a, "KEY=VALUE,...",
                 "What A sets, any keys (default: the config as it is)"},
                {"--b", &arguments->b, "KEY=VALUE,...", "What B sets"},
                {"--a-binary", &arguments->a_program, "PATH", "Another busmark that runs A"},
                {"--b-binary", &arguments->b_program, "PATH", "Another busmark that runs B"},
                {"--rounds", &arguments->rounds, "N", "Rounds of A, B and a copy of A (20)",
                 within(1U, kMostRounds)},
                {"--until", &arguments->until, "decided", "`decided`: end as soon as that is so"},
                {"--at-most", &arguments->at_most, "DURATION", "Longest time of --until (60s)"},
                {"--block", &arguments->block, "DURATION",
                 "Measured time of a scenario in a block (200ms)"},
                {"--confirm", &arguments->confirm, "N",
                 "Repeat a call in N fresh sessions; most must agree (0)", within(0, 100)}},
               arguments->comparison.arguments("2%", false),
               {{"--json", &arguments->json, "FILE", "Write ab.json here too"},
                {"--out", &arguments->out, "DIR", "Folder for results (default: results)"},
                {"--gha", &arguments->gha, "", "Step summary and annotations of GitHub Actions"}}}),
          .run = [arguments] { return ab_command(*arguments); }};
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "verb/agent/agent.hpp"

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "plan/plan.hpp"
#include "plan/plan_text.hpp"
#include "record/run_result.hpp"
#include "record/store/measured.hpp"
#include "verb/agent/attempt.hpp"
#include "verb/agent/control_line.hpp"
#include "verb/agent/peers.hpp"
#include "verb/agent/share.hpp"
#include "verb/agent/subjects.hpp"

namespace busmark {
namespace {

using agents::Json;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// A coordinator that is not heard of for so long while nothing is measured is gone.
constexpr auto kLongestSilence = 60s;

/// One run of a coordinator, as this agent takes part in it.
struct Participation {
  Participation(std::string coordinator, const RunConfig& config)
      : run(std::move(coordinator)),
        plan(make_plan(config, read_topology())),
        session({plan}, choose_clock(plan)),
        result(session.begin(plan)) {}

  /// The coordinator may meanwhile wait for another agent's drain; see its merge().
  [[nodiscard]] Nanoseconds patience() const {
    return kLongestSilence + 3 * plan.scenarios[scenario].scenario.drain;
  }

  std::string run;
  RunPlan plan;
  RunSession session;
  RunResult result;
  std::string offer;  ///< The answer to the plan, once more for who asks once more.
  std::uint64_t serial = 0;
  std::size_t scenario = 0;  ///< Of the attempt.
  std::unique_ptr<Attempt> attempt;
  struct Kept {
    std::size_t scenario = 0;
    RepetitionResult result;
  };
  std::map<std::uint64_t, Kept> kept;  ///< By serial number.
  std::optional<AgentFiles> files;
  steady_clock::time_point begun = steady_clock::now();
  steady_clock::time_point heard = begun;
};

class Agent {
 public:
  Agent(const AgentOptions& options, const AgentHooks& hooks)
      : options_(options),
        hooks_(hooks),
        id_(random_control_word()),
        line_(options.servers, "busmark agent " + options.name) {
    line_.subscribe(agents::kHello);
    line_.subscribe(agents::agent_subject(id_));
    hooks_.say(fmt::format("agent {} waits at nats-server {}, {}", options_.name,
                           line_.info().version, parse_nats_url(line_.server()).shown()));
  }

  void serve(const StopFlag& stop) {
    while (!stop.load()) {
      // Quiet while something is measured: a look a second, whether we are to stop.
      const auto letter = line_.next(deadline_in(busy() ? Nanoseconds(1s) : Nanoseconds(200ms)));
      if (letter) answer(*letter);
      keep_result();
      if (part_ && !busy() && steady_clock::now() - part_->heard > part_->patience()) {
        hooks_.say(fmt::format("run {}: the coordinator is gone", part_->run));
        part_.reset();
      }
    }
  }

 private:
  [[nodiscard]] bool busy() const noexcept {
    if (!part_ || part_->attempt == nullptr) return false;
    return part_->attempt->state() < Attempt::State::done;
  }

  /// What an attempt has brought is kept before the next one begins.
  void keep_result() {
    if (!part_ || part_->attempt == nullptr || part_->kept.contains(part_->serial)) return;
    if (part_->attempt->state() != Attempt::State::done) return;
    part_->kept[part_->serial] = {part_->scenario, part_->attempt->result()};
    part_->heard = steady_clock::now();
  }

  void answer(const ControlLine::Letter& letter) {
    const auto heard = std::chrono::nanoseconds(steady_clock::now().time_since_epoch()).count();
    const Json question = Json::parse(letter.body, nullptr, false);
    if (letter.reply.empty() || !question.is_object()) return;
    Json said{{"agent", id_}, {"name", options_.name}, {"clock", heard}};
    try {
      said["id"] = question.at("id");
      const std::string run = question.at("run");
      const std::string op = question.at("op");
      if (op == "hello") {
        said["taken"] = part_ && part_->run != run;
        said["version"] = build_info().version;
      } else if (op == "plan") {
        take_plan(run, question, said);
      } else if (op == "release") {
        if (part_ && part_->run == run) release();
      } else {
        if (!part_ || part_->run != run) throw SetupError("it takes no part in this run");
        part_->heard = steady_clock::now();
        keep_result();
        obey(op, question, said);
      }
    } catch (const std::exception& error) {
      said["error"] = error.what();
    }
    line_.publish(letter.reply, said.dump());
  }

  void take_plan(const std::string& run, const Json& question, Json& said) {
    if (part_ && part_->run != run) throw SetupError("it takes part in another run");
    if (!part_) {
      const PlanText text = read_plan(question.at("plan").dump(), "the plan");
      RunConfig config = share_of_agent(read_plan_text(text, true), question.at("index"),
                                        question.at("agents"), line_.server());
      config.run.cores = options_.cores;
      part_.emplace(run, config);
      std::vector<Placement> placements;
      for (const PlannedScenario& planned : part_->plan.scenarios) {
        if (!planned.skipped.empty()) {
          const std::string why = planned.skipped;
          part_.reset();
          throw SetupError(why);
        }
        placements.push_back(planned.placement);
      }
      part_->offer = write_placements(placements);
      hooks_.say(fmt::format("run {}: {} scenarios of {}", run, part_->plan.scenarios.size(),
                             in_quotes(text.file_name, 200)));
    }
    said["placements"] = part_->offer;
    said["head"] = write_begun(part_->result);
    said["server"] = parse_nats_url(part_->plan.options.nats.url).shown();
  }

  void obey(const std::string& op, const Json& question, Json& said) {
    if (op == "clock" || op == "state") {
      if (op == "state") show_state(question, said);
    } else if (op == "prepare") {
      prepare(question);
      show_state(question, said);
    } else if (op == "go") {
      Attempt& attempt = current(question);
      const std::chrono::nanoseconds start(question.at("at").get<std::int64_t>());
      if (!attempt.go(steady_clock::time_point(start))) throw SetupError("go came too late");
    } else if (op == "stop") {
      current(question).stop();
    } else if (op == "part") {
      if (current(question).state() == Attempt::State::done) {
        send_piece(current(question).part(), question, said);
      }
      show_state(question, said);
    } else if (op == "finish") {
      finish(question);
    } else if (op == "file") {
      if (!part_->files) throw SetupError("the run is not finished");
      send_piece(question.at("file") == "log" ? part_->files->log : part_->files->json, question,
                 said);
    } else {
      throw SetupError("it does not know what is asked");
    }
  }

  void release() {
    hooks_.say(fmt::format("run {}: over", part_->run));
    part_.reset();
  }

  [[nodiscard]] Attempt& current(const Json& question) {
    if (part_->attempt == nullptr || question.at("serial") != part_->serial) {
      throw SetupError("it is not at this repetition");
    }
    return *part_->attempt;
  }

  void show_state(const Json& question, Json& said) {
    const Attempt& attempt = current(question);
    said["state"] = to_string(attempt.state());
    if (attempt.state() == Attempt::State::failed) said["error"] = attempt.error();
  }

  /// Once for each serial number, however often it is asked.
  void prepare(const Json& question) {
    const std::uint64_t serial = question.at("serial");
    if (part_->attempt != nullptr && serial <= part_->serial) return;
    const std::size_t scenario = question.at("scenario");
    if (scenario >= part_->plan.scenarios.size()) throw SetupError("there is no such scenario");
    part_->attempt.reset();
    part_->serial = serial;
    part_->scenario = scenario;
    part_->plan.options.nats.url = line_.server();  // the one that answers now
    part_->attempt = std::make_unique<Attempt>(part_->session, part_->plan, scenario,
                                               question.at("repetition").get<std::uint32_t>());
  }

  static void send_piece(const std::string& whole, const Json& question, Json& said) {
    constexpr std::size_t kPiece = 192 * 1024;
    const std::size_t from = std::min(question.at("from").get<std::size_t>(), whole.size());
    said["total"] = whole.size();
    said["piece"] = whole.substr(from, kPiece);
  }

  /// The coordinator says which repetitions count and what it thinks of each, so that the files of
  /// all agents hold the same ones.
  void finish(const Json& question) {
    if (part_->files) return;
    part_->attempt.reset();
    RunResult& result = part_->result;
    for (const PlannedScenario& planned : part_->plan.scenarios) {
      result.scenarios.push_back({.scenario = planned.scenario,
                                  .placement = planned.placement,
                                  .repetitions = {},
                                  .lossless = false,
                                  .skipped = {}});
    }
    for (const Json& entry : question.at("repetitions")) {
      const auto kept = part_->kept.find(entry.at("serial").get<std::uint64_t>());
      if (kept == part_->kept.end()) continue;
      ScenarioResult& scenario = result.scenarios[kept->second.scenario];
      scenario.repetitions.push_back(std::move(kept->second.result));
      RepetitionResult& repetition = scenario.repetitions.back();
      repetition.attempt = entry.at("attempt");
      repetition.disturbance = entry.at("disturbance");
      repetition.interrupted = entry.at("interrupted");
    }
    std::erase_if(result.scenarios, [](const auto& s) { return s.repetitions.empty(); });
    const std::chrono::nanoseconds wall = steady_clock::now() - part_->begun;
    result.wall = wall;
    result.interrupted = question.at("interrupted");
    part_->files = hooks_.deliver(result);
  }

  const AgentOptions& options_;
  const AgentHooks& hooks_;
  std::string id_;
  ControlLine line_;
  std::optional<Participation> part_;
};

}  // namespace

void serve_as_agent(const AgentOptions& options, const AgentHooks& hooks, const StopFlag& stop) {
  Agent(options, hooks).serve(stop);
}

}  // namespace busmark

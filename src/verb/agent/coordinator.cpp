// SPDX-License-Identifier: Apache-2.0
#include "verb/agent/coordinator.hpp"

#include <algorithm>
#include <thread>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"

#include "record/store/measured.hpp"
#include "verb/agent/part.hpp"
#include "verb/agent/peers.hpp"

namespace busmark {
namespace {

using agents::Json;
using agents::Peer;
using agents::Peers;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// From the go to the first message: enough for a few letters that get lost.
constexpr auto kHeadStart = 600ms;
/// For what an agent calibrates, starts and writes.
constexpr Nanoseconds kPreparation = 20s;
constexpr auto kLook = 100ms;
constexpr std::string_view kAnswer = "an agent's answer";

class Coordinator {
 public:
  Coordinator(const RunConfig& config, const PlanText& plan, const CoordinatorOptions& options,
              const StopFlag& stop)
      : config_(config),
        plan_(plan),
        options_(options),
        stop_(stop),
        run_(random_control_word()),
        peers_(options, run_) {}

  AgentsRun run() {
    peers_.find(stop_);
    try {
      return lead();
    } catch (...) {
      release();
      throw;
    }
  }

 private:
  AgentsRun lead() {
    const auto start = steady_clock::now();
    if (!stop_.load()) hand_out_plans();
    AgentsRun run;
    if (!peers_.all().empty()) run.result = peers_.all().front().head;
    run.result.options = config_.run;
    for (const Scenario& scenario : config_.scenarios) {
      if (stop_.load()) break;
      run.result.scenarios.push_back(measure(scenario, run.result.scenarios.size()));
    }
    run.result.interrupted = stop_.load();
    collect_files(run);
    for (const Peer& peer : peers_.all()) run.result.agents.push_back(peer.report);
    const Nanoseconds wall = steady_clock::now() - start;
    run.result.wall = wall;
    return run;
  }

  void say(const std::string& line) const {
    if (options_.say) options_.say(line);
  }

  void hand_out_plans() {
    const auto answers = peers_.ask(
        [&](const Peer& peer) {
          return Json{{"op", "plan"},
                      {"plan", Json::parse(write_plan(plan_))},
                      {"index", &peer - peers_.all().data()},
                      {"agents", options_.agents}};
        },
        kPreparation);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      Peer& peer = peers_.all()[i];
      if (!answers[i]) {
        const std::string why = peer.report.fault;
        throw SetupError(fmt::format("agent {}: {}", peer.report.name, why));
      }
      read_begun(answers[i]->at("head").get<std::string>(), kAnswer, peer.head);
      peer.placements = read_placements(answers[i]->at("placements").get<std::string>(), kAnswer);
      if (peer.placements.size() != config_.scenarios.size()) {
        throw SetupError(fmt::format("agent {} read another plan", peer.report.name));
      }
      peer.report.host = peer.head.environment.host;
      peer.report.cpu_model = peer.head.environment.cpu_model;
      peer.report.kernel = peer.head.environment.kernel;
      peer.report.server = answers[i]->at("server");
      say(fmt::format("agent {} on {}, {}", peer.report.name, peer.report.host,
                      peer.report.server));
    }
  }

  ScenarioResult measure(const Scenario& scenario, std::size_t position) {
    ScenarioResult result{
        .scenario = scenario, .placement = {}, .repetitions = {}, .lossless = false, .skipped = {}};
    if (!peers_.all().empty()) result.placement = peers_.all().front().placements.at(position);
    std::uint32_t retries = config_.run.retries;
    for (std::uint32_t repetition = 0; repetition < config_.run.repetitions; ++repetition) {
      for (std::uint32_t attempt = 1; peers_.all_alive() && !stop_.load(); ++attempt) {
        say(fmt::format("[{}/{}] {}  {}/{}", position + 1, config_.scenarios.size(), scenario.name,
                        repetition + 1, config_.run.repetitions));
        auto measured = measure_once(scenario, position, repetition);
        if (!measured) break;
        measured->attempt = attempt;
        result.repetitions.push_back(std::move(*measured));
        kept_.push_back({{"serial", serial_},
                         {"attempt", attempt},
                         {"disturbance", result.repetitions.back().disturbance},
                         {"interrupted", result.repetitions.back().interrupted}});
        if (!result.repetitions.back().disturbed() || retries == 0) break;
        --retries;
      }
    }
    for (const Peer& peer : peers_.all()) {
      if (peer.alive()) continue;
      result.faults.push_back(
          fmt::format("agent {} has failed: {}; {}", peer.report.name, peer.report.fault,
                      result.repetitions.empty() ? "nothing was measured"
                                                 : "what it did not hand over is missing"));
    }
    return result;
  }

  /// Empty where not one agent brought its part.
  std::optional<RepetitionResult> measure_once(const Scenario& scenario, std::size_t position,
                                               std::uint32_t repetition) {
    ++serial_;
    peers_.ask(
        [&](const Peer&) {
          return Json{{"op", "prepare"},
                      {"serial", serial_},
                      {"scenario", position},
                      {"repetition", repetition}};
        },
        options_.silence);
    if (!await_ready()) return std::nullopt;
    peers_.compare_clocks();
    if (!peers_.all_alive()) return call_off();

    const auto start = steady_clock::now() + kHeadStart;
    peers_.ask([&](const Peer& peer) { return go(peer, scenario, start); }, kHeadStart - 100ms);
    if (!peers_.all_alive()) return call_off();
    const auto end = start + scenario.warmup + scenario.duration;
    // Nothing is said while messages flow.
    const auto quiet_until = end + kLook;
    while (steady_clock::now() < quiet_until && !stop_.load()) {
      std::this_thread::sleep_until(std::min(quiet_until, steady_clock::now() + kLook));
    }
    if (stop_.load()) call_off();
    return merge(scenario);
  }

  /// On the agent's own clock. Agents take turns, as producers do.
  [[nodiscard]] Json go(const Peer& peer, const Scenario& scenario,
                        steady_clock::time_point start) {
    const auto index = static_cast<double>(&peer - peers_.all().data());
    const double turn = scenario.load.rate ? 1e9 / scenario.load.rate->per_second * index : 0;
    const Nanoseconds at =
        start.time_since_epoch() + peer.clock.offset + Nanoseconds(static_cast<std::int64_t>(turn));
    return {{"op", "go"}, {"serial", serial_}, {"at", at.count()}};
  }

  bool await_ready() {
    const Deadline deadline = deadline_in(kPreparation);
    while (peers_.all_alive() && !stop_.load()) {
      const auto answers = peers_.ask(
          [&](const Peer&) {
            return Json{{"op", "state"}, {"serial", serial_}};
          },
          options_.silence);
      bool ready = true;
      for (const auto& answer : answers) {
        ready = ready && answer && answer->value("state", "") == "ready";
      }
      if (ready) return true;
      if (steady_clock::now() >= deadline) {
        for (Peer& peer : peers_.all()) peer.report.fault = "it did not get ready";
      }
      std::this_thread::sleep_for(10ms);
    }
    call_off();
    return false;
  }

  std::nullopt_t call_off() {
    peers_.ask(
        [&](const Peer&) {
          return Json{{"op", "stop"}, {"serial", serial_}};
        },
        options_.silence);
    return std::nullopt;
  }

  /// Asks for the parts, each until it is there.
  std::optional<RepetitionResult> merge(const Scenario& scenario) {
    // An agent whose server has died retries until the drain's end, and drains as long again.
    const Deadline deadline = deadline_in(2 * scenario.drain + kPreparation);
    std::vector<AgentPart> parts;
    for (Peer& peer : peers_.all()) {
      const Json question{{"op", "part"}, {"serial", serial_}};
      while (peer.alive()) {
        if (const auto text = peers_.fetch(peer, question, options_.silence)) {
          take_part(peer, *text, parts);
          break;
        }
        if (steady_clock::now() >= deadline && peer.alive()) {
          peer.report.fault = "it did not end the repetition";
        }
        std::this_thread::sleep_for(kLook);
      }
    }
    if (parts.empty()) return std::nullopt;
    return merge_parts(parts);
  }

  static void take_part(Peer& peer, const std::string& text, std::vector<AgentPart>& parts) {
    try {
      parts.push_back({peer.report.name, read_measured(text, kAnswer)});
    } catch (const SetupError& error) {
      peer.report.fault = error.what();
      return;
    }
    peer.report.published += parts.back().result.counts.published;
    peer.report.received += parts.back().result.counts.received;
  }

  void collect_files(AgentsRun& run) {
    if (kept_.empty()) return release();
    // An agent that failed in one repetition may still be there to keep what it has.
    const Json finish{{"op", "finish"}, {"repetitions", kept_}, {"interrupted", stop_.load()}};
    peers_.tell_failed(finish);
    peers_.ask([&](const Peer&) { return finish; }, kPreparation);
    for (Peer& peer : peers_.all()) {
      if (!peer.alive()) continue;
      auto json = peers_.fetch(peer, {{"op", "file"}, {"file", "json"}}, options_.silence);
      auto log = peers_.fetch(peer, {{"op", "file"}, {"file", "log"}}, options_.silence);
      if (json && log) run.files.push_back({peer.report.name, {*json, *log}});
    }
    release();
  }

  void release() {
    peers_.tell_failed({{"op", "release"}});
    peers_.ask([](const Peer&) { return Json{{"op", "release"}}; }, options_.silence);
  }

  const RunConfig& config_;
  const PlanText& plan_;
  const CoordinatorOptions& options_;
  const StopFlag& stop_;
  std::string run_;
  Peers peers_;
  std::uint64_t serial_ = 0;
  Json kept_ = Json::array();
};

}  // namespace

AgentsRun run_on_agents(const RunConfig& config, const PlanText& plan,
                        const CoordinatorOptions& options, const StopFlag& stop) {
  check_agents_plan(config, plan);
  return Coordinator(config, plan, options, stop).run();
}

}  // namespace busmark

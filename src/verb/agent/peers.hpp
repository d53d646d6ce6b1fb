// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "record/run_result.hpp"
#include "verb/agent/clock_offset.hpp"
#include "verb/agent/control_line.hpp"
#include "verb/agent/coordinator.hpp"

namespace busmark::agents {

using Json = nlohmann::json;

/// An agent as its coordinator sees it.
struct Peer {
  std::string id;
  AgentReport report;  ///< `fault` is not empty once it has failed.
  RunResult head;      ///< Machine, clock and own cost.
  Placement placement;
  std::vector<Placement> placements;  ///< By scenario.
  ClockOffset clock;

  [[nodiscard]] bool alive() const noexcept { return report.fault.empty(); }
};

/// Questions to agents and their answers. A question is asked again until it is answered, with the
/// same number, and the second answer to a number is thrown away: core NATS may lose either letter,
/// and nothing may count twice.
class Peers {
 public:
  Peers(const CoordinatorOptions& options, std::string run);

  /// Waits until there are as many as wanted. Throws SetupError.
  void find(const StopFlag& stop);
  [[nodiscard]] std::vector<Peer>& all() noexcept { return peers_; }
  [[nodiscard]] bool all_alive() const noexcept;

  /// Asks everybody alive at once; `question` has `op` and what belongs to it. Who does not answer
  /// within `patience`, or says that it cannot, has failed; then its answer is empty.
  using Question = std::function<Json(const Peer& peer)>;
  std::vector<std::optional<Json>> ask(const Question& question, Nanoseconds patience);
  /// One of them.
  std::optional<Json> ask(Peer& peer, Json question, Nanoseconds patience);
  /// A text that comes in pieces; empty when the agent has failed or `ready` says no.
  std::optional<std::string> fetch(Peer& peer, const Json& question, Nanoseconds patience);
  /// To those that have failed, in case they still listen; no answer is awaited.
  void tell_failed(Json question);
  /// Fresh estimates of all clocks.
  void compare_clocks();

 private:
  struct Pending {
    Peer* peer = nullptr;
    Json letter;
    std::optional<Json> answer;
  };
  void settle(std::vector<Pending>& pending, Nanoseconds patience);
  void add(const Json& answer);

  const CoordinatorOptions& options_;
  std::string run_;
  ControlLine line_;
  std::vector<Peer> peers_;
  std::set<std::string> taken_;  ///< Agents that take part in another run.
  std::uint64_t next_id_ = 0;
};

}  // namespace busmark::agents

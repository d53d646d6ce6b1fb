// SPDX-License-Identifier: Apache-2.0
// The library comes first: peers.hpp uses it without including it.
// clang-format off
#include <nlohmann/json.hpp>
#include "verb/agent/peers.hpp"
// clang-format on

#include <algorithm>

#include <fmt/core.h>

#include "busmark/base/error.hpp"

#include "base/build_info.hpp"
#include "base/quote.hpp"
#include "verb/agent/subjects.hpp"

namespace busmark::agents {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr Nanoseconds kAskAgain = 250ms;

Json parse(const ControlLine::Letter& letter) { return Json::parse(letter.body, nullptr, false); }

Nanoseconds now() { return steady_clock::now().time_since_epoch(); }

}  // namespace

Peers::Peers(const CoordinatorOptions& options, std::string run)
    : options_(options), run_(std::move(run)), line_(options.servers, "busmark coordinator") {
  line_.subscribe(reply_subject(run_));
}

bool Peers::all_alive() const noexcept {
  return std::all_of(peers_.begin(), peers_.end(), [](const Peer& p) { return p.alive(); });
}

void Peers::find(const StopFlag& stop) {
  const Deadline deadline = deadline_in(options_.search);
  const std::string hello = Json{{"id", 0}, {"run", run_}, {"op", "hello"}}.dump();
  while (peers_.size() < options_.agents && !stop.load()) {
    if (steady_clock::now() >= deadline) {
      const std::string taken =
          taken_.empty() ? "" : fmt::format(" and {} more in another run", taken_.size());
      throw SetupError(fmt::format(
          "{} of {} agents are free{} after {}; start `busmark agent --nats URL` on each machine, "
          "with the URL of the same server or cluster",
          peers_.size(), options_.agents, taken, format_duration(options_.search)));
    }
    line_.publish(kHello, hello, reply_subject(run_));
    const Deadline again = std::min(deadline, deadline_in(kAskAgain));
    while (peers_.size() < options_.agents) {
      const auto letter = line_.next(again);
      if (!letter) break;
      if (const Json answer = parse(*letter); answer.is_object()) add(answer);
    }
  }
  std::sort(peers_.begin(), peers_.end(),
            [](const Peer& a, const Peer& b) { return a.report.name < b.report.name; });
}

void Peers::add(const Json& answer) {
  Peer peer;
  peer.id = answer.value("agent", "");
  peer.report.name = answer.value("name", "");
  const std::string version = answer.value("version", "");
  const std::string name = in_quotes(peer.report.name, 100);
  if (answer.value("taken", false)) {
    taken_.insert(peer.id);
    return;
  }
  taken_.erase(peer.id);
  for (const Peer& other : peers_) {
    if (other.id == peer.id) return;
    if (other.report.name != peer.report.name) continue;
    throw SetupError(
        fmt::format("two agents are named {}; start one of them with another --name", name));
  }
  if (version != build_info().version) {
    throw SetupError(fmt::format("agent {} is busmark {} and this is {}; use one version", name,
                                 in_quotes(version, 100), build_info().version));
  }
  peers_.push_back(std::move(peer));
}

void Peers::settle(std::vector<Pending>& pending, Nanoseconds patience) {
  const Deadline deadline = deadline_in(patience);
  std::size_t open = pending.size();
  while (open != 0 && steady_clock::now() < deadline) {
    for (const Pending& one : pending) {
      if (one.answer) continue;
      line_.publish(agent_subject(one.peer->id), one.letter.dump(), reply_subject(run_));
    }
    const Deadline again = std::min(deadline, deadline_in(kAskAgain));
    while (open != 0) {
      const auto letter = line_.next(again);
      if (!letter) break;
      const Json answer = parse(*letter);
      if (!answer.is_object()) continue;
      const auto asked = std::find_if(pending.begin(), pending.end(), [&](const Pending& one) {
        return !one.answer && answer.value("id", Json()) == one.letter["id"];
      });
      if (asked == pending.end()) continue;  // answered already, or of an earlier question
      asked->answer = answer;
      --open;
    }
  }
  for (Pending& one : pending) {
    if (!one.answer) {
      one.peer->report.fault =
          fmt::format("it did not answer within {}", format_duration(patience));
    } else if (one.answer->contains("error")) {
      one.peer->report.fault = one.answer->value("error", "it failed");
      one.answer.reset();
    }
  }
}

std::vector<std::optional<Json>> Peers::ask(const Question& question, Nanoseconds patience) {
  std::vector<Pending> pending;
  for (Peer& peer : peers_) {
    if (!peer.alive()) continue;
    pending.push_back({.peer = &peer, .letter = question(peer), .answer = {}});
    pending.back().letter["id"] = ++next_id_;
    pending.back().letter["run"] = run_;
  }
  settle(pending, patience);
  std::vector<std::optional<Json>> answers(peers_.size());
  for (Pending& one : pending) {
    answers[static_cast<std::size_t>(one.peer - peers_.data())] = std::move(one.answer);
  }
  return answers;
}

std::optional<Json> Peers::ask(Peer& peer, Json question, Nanoseconds patience) {
  std::vector<Pending> pending(1);
  pending.front() = {.peer = &peer, .letter = std::move(question), .answer = {}};
  pending.front().letter["id"] = ++next_id_;
  pending.front().letter["run"] = run_;
  settle(pending, patience);
  return std::move(pending.front().answer);
}

std::optional<std::string> Peers::fetch(Peer& peer, const Json& question, Nanoseconds patience) {
  std::string whole;
  while (true) {
    Json piece = question;
    piece["from"] = whole.size();
    const std::optional<Json> answer = ask(peer, std::move(piece), patience);
    if (!answer || !answer->contains("piece")) return std::nullopt;
    const std::string more = answer->at("piece");
    whole += more;
    if (whole.size() >= answer->at("total").get<std::size_t>()) return whole;
    if (more.empty()) return std::nullopt;
  }
}

void Peers::tell_failed(Json question) {
  question["run"] = run_;
  for (const Peer& peer : peers_) {
    if (peer.alive()) continue;
    question["id"] = ++next_id_;
    line_.publish(agent_subject(peer.id), question.dump(), reply_subject(run_));
  }
}

void Peers::compare_clocks() {
  constexpr int kExchanges = 40;
  for (Peer& peer : peers_) {
    std::vector<ClockExchange> exchanges;
    for (int i = 0; i < kExchanges && peer.alive(); ++i) {
      const Nanoseconds asked = now();
      const auto answer = ask(peer, {{"op", "clock"}}, options_.silence);
      const Nanoseconds heard = now();
      if (!answer) break;
      exchanges.push_back({asked, Nanoseconds(answer->at("clock").get<std::int64_t>()), heard});
    }
    if (!peer.alive()) continue;
    peer.clock = estimate_offset(exchanges);
    peer.report.clock_offset = peer.clock.offset;
    peer.report.clock_bound = std::max(peer.report.clock_bound, peer.clock.bound);
  }
}

}  // namespace busmark::agents

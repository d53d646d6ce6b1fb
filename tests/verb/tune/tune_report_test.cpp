// SPDX-License-Identifier: Apache-2.0
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "config/file.hpp"
#include "support/text.hpp"
#include "verb/tune/tell.hpp"

namespace busmark {
namespace {

using testing::contains;

MeasureChange p95(double before, double after) {
  MeasureChange change;
  change.measure = "p95";
  change.old_value = before;
  change.new_value = after;
  change.effect = after / before - 1;
  change.low = change.effect - 0.01;
  change.high = change.effect + 0.01;
  change.p_value = 0.0034;
  change.change = after < before ? Change::improved : Change::regressed;
  change.noise = 0.05;
  change.rounds = 13;
  return change;
}

TuneLine trial(const std::string& knob, const std::string& from, const std::string& to,
               const MeasureChange& change) {
  TuneLine line;
  line.at = "2026-01-01T00:00:00Z";
  line.knob = knob;
  line.from = from;
  line.to = to;
  if (!to.empty()) {
    line.before.push_back({"scenario." + knob, from.substr(from.find('=') + 1)});
    line.after.push_back({"scenario." + knob, to.substr(to.find('=') + 1)});
  }
  line.change = change.change;
  line.kept = change.change == Change::improved;
  line.judged = change;
  line.command = "busmark ab a.toml --b " + to;
  return line;
}

TuneLedger ledger() {
  TuneLedger made;
  made.automatic = true;
  made.config = "a.toml";
  made.scenario = "one";
  made.started_at = "2026-01-01T00:00:00Z";
  made.machine = "bench-1, Example CPU";
  made.measure = "p95";
  made.threshold = 0.02;
  made.block = std::chrono::milliseconds(89);
  made.rounds = 13;
  made.family = 10;
  made.lines.push_back(trial("wait", "wait=yield", "wait=spin", p95(12'000, 1'200)));
  MeasureChange& cpu = made.lines[0].others.emplace_back(p95(100, 130));
  cpu.measure = "cpu";
  made.lines[0].others.emplace_back(p95(100, 101)).change = Change::none;
  made.lines.push_back(trial("batch", "batch=1", "batch=8", p95(1'200, 1'500)));
  TuneLine& untried = made.lines.emplace_back();
  untried.knob = "realtime";
  untried.from = "run.realtime=false";
  untried.to = "run.realtime=true";
  untried.before = {{"run.realtime", "false"}};
  untried.after = {{"run.realtime", "true"}};
  untried.tried = false;
  untried.reason = "the kernel would stop it";
  made.kept = {{"scenario.wait", "spin"}};
  made.whole = trial("all together", "", "", p95(12'000, 1'000));
  made.whole->kept = false;
  made.suggestions.push_back({.id = "watchdogs",
                              .found = "watchdog 1",
                              .why = "they wake every core",
                              .fix = {"sysctl -w kernel.watchdog=0"},
                              .undo = {"sysctl -w kernel.watchdog=1"}});
  return made;
}

TEST_CASE("a line of the ledger says what, how much and how surely") {
  CHECK(tune_line_text(ledger().lines[0]) ==
        "wait yield -> spin: kept; p95 12us -> 1.2us, -90.0 % (95 %: -91.0 .. -89.0), p 0.0034");
  CHECK(tune_line_text(ledger().lines[1]).starts_with("batch 1 -> 8: regressed; p95"));
  CHECK(tune_line_text(ledger().lines[2]) ==
        "realtime false -> true: not tried; the kernel would stop it");
  TuneLine broken = ledger().lines[0];
  broken.kept = false;
  broken.reason = "3 of 1000 messages were lost";
  CHECK(tune_line_text(broken).starts_with("wait yield -> spin: not kept; p95 12us"));
  CHECK(tune_line_text(broken).ends_with("; 3 of 1000 messages were lost"));
  TuneLine mark;
  mark.knob = "gov\x1b[31m";
  mark.open = true;
  CHECK(tune_line_text(mark) == "gov?[31m: no verdict yet");
}

TEST_CASE("the text has the table, each command, what was kept and what is the owner's to do") {
  const std::string text = write_tune_text(ledger(), false);
  CHECK(contains(text, "wait yield -> spin   12us  1.2us  -90.0"));
  CHECK(contains(text, "all together"));
  CHECK(contains(text, "\n  busmark ab a.toml --b wait=spin\n"));
  CHECK_FALSE(contains(text, "\n  busmark ab a.toml --b run.realtime=true\n"));
  CHECK(contains(text, "Kept: wait=spin"));
  CHECK(contains(text, "wait yield -> spin: besides cpu +30.0 %\n"));
  CHECK(contains(text, "12 times as good"));
  CHECK(contains(text,
                 "    > sysctl -w kernel.watchdog=0\n      undo: sysctl -w kernel.watchdog=1\n"));
  CHECK(contains(text, "realtime false -> true: not tried: the kernel would stop it"));
  CHECK_FALSE(contains(text, "\x1b"));
  CHECK(contains(write_tune_text(ledger(), true), "\x1b[32mkept\x1b[0m"));
  TuneLedger nothing = ledger();
  nothing.kept.clear();
  nothing.whole.reset();
  nothing.interrupted = true;
  CHECK(contains(write_tune_text(nothing, false), "Nothing that was tried is sure to be better."));
  CHECK(contains(write_tune_text(nothing, false), "Interrupted"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
}

TEST_CASE("the JSON has every figure, and null for what is not known") {
  const auto json = nlohmann::json::parse(write_tune_json(ledger()));
  CHECK(json["schema"] == "busmark.tune/1");
  CHECK(json["mode"] == "auto");
  CHECK(json["lines"].size() == 3);
  CHECK(json["lines"][0]["judged"]["after"] == 1200);
  CHECK(json["lines"][0]["kept"] == true);
  CHECK(json["lines"][2]["verdict"].is_null());
  CHECK(json["lines"][2]["judged"].is_null());
  CHECK(json["lines"][2]["reason"] == "the kernel would stop it");
  CHECK(json["kept"]["scenario.wait"] == "spin");
  CHECK(json["whole"]["judged"]["before"] == 12000);
  CHECK(json["suggestions"][0]["undo"][0] == "sysctl -w kernel.watchdog=1");
}

TEST_CASE("the config can be run as it is and says what each change gained") {
  const RunConfig config =
      parse_config("[run]\nseed = 7\n[[scenario]]\nname = \"one\"\nwait = \"yield\"", "a.toml");
  Scenario scenario = config.scenarios.front();
  scenario.wait = WaitStrategy::spin;
  const std::string text = write_tuned_config(ledger(), config.run, scenario, "");
  CHECK(contains(text, "wait = \"spin\"  # was yield: p95 -90.0 %\n"));
  CHECK(contains(text, "# wait yield -> spin: kept; p95 12us -> 1.2us"));
  CHECK(contains(text, "# all together: improved; p95 12us -> 1us"));
  const RunConfig again = parse_config(text, "tuned.toml");
  CHECK(again.run.seed == 7);
  CHECK(again.scenarios.front().wait == WaitStrategy::spin);
}

}  // namespace
}  // namespace busmark

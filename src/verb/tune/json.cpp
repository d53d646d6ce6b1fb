// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <nlohmann/json.hpp>

#include "verb/tune/tell.hpp"

namespace busmark {
namespace {

using TuneJson = nlohmann::ordered_json;

TuneJson measure_json(const MeasureChange& change) {
  return {{"measure", change.measure},
          {"unit", change.unit == MeasureUnit::nanoseconds ? "ns" : "messages/s"},
          {"verdict", to_string(change.change)},
          {"before", json_number(change.old_value)},
          {"after", json_number(change.new_value)},
          {"effect", json_number(change.effect)},
          {"low", json_number(change.low)},
          {"high", json_number(change.high)},
          {"noise", json_number(change.noise)},
          {"p_value", json_number(change.p_value)},
          {"blocks_needed",
           change.repetitions_needed ? TuneJson(*change.repetitions_needed) : TuneJson(nullptr)}};
}

TuneJson line_json(const TuneLine& line) {
  TuneJson others = TuneJson::array();
  for (const MeasureChange& one : line.others) others.push_back(measure_json(one));
  return {{"at", json_text(line.at)},
          {"knob", line.knob},
          {"from", json_text(line.from)},
          {"to", json_text(line.to)},
          {"tried", line.tried},
          {"verdict", line.tried && !(line.open && !line.judged) ? TuneJson(to_string(line.change))
                                                                 : TuneJson(nullptr)},
          {"kept", line.kept},
          {"open", line.open},
          {"reason", json_text(line.reason)},
          {"judged", line.judged ? measure_json(*line.judged) : TuneJson(nullptr)},
          {"others", std::move(others)},
          {"blocks_before", line.blocks_before},
          {"blocks_after", line.blocks_after},
          {"notes", line.notes},
          {"command", json_text(line.command)}};
}

}  // namespace

std::string write_tune_json(const TuneLedger& ledger) {
  TuneJson lines = TuneJson::array();
  for (const TuneLine& line : ledger.lines) lines.push_back(line_json(line));
  TuneJson kept = TuneJson::object();
  for (const TuneSetting& setting : ledger.kept) kept[setting.key] = setting.value;
  TuneJson suggestions = TuneJson::array();
  for (const TuneSuggestion& one : ledger.suggestions) {
    suggestions.push_back({{"id", one.id},
                           {"found", json_text(one.found)},
                           {"why", one.why},
                           {"fix", one.fix},
                           {"undo", one.undo}});
  }
  const TuneJson json = {{"schema", "busmark.tune/1"},
                         {"mode", ledger.automatic ? "auto" : "watch"},
                         {"config", ledger.config},
                         {"scenario", ledger.scenario},
                         {"started_at", ledger.started_at},
                         {"machine", ledger.machine},
                         {"version", ledger.version},
                         {"interrupted", ledger.interrupted},
                         {"measure", ledger.measure},
                         {"threshold", ledger.threshold},
                         {"block_ns", ledger.block.count()},
                         {"rounds", ledger.rounds},
                         {"family", ledger.family},
                         {"lines", std::move(lines)},
                         {"kept", std::move(kept)},
                         {"whole", ledger.whole ? line_json(*ledger.whole) : TuneJson(nullptr)},
                         {"suggestions", std::move(suggestions)}};
  return json.dump(2, ' ', false, TuneJson::error_handler_t::replace) + "\n";
}

}  // namespace busmark

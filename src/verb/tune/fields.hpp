// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "judge/fields.hpp"
#include "verb/tune/ledger.hpp"

namespace busmark {

// busmark.tune/1, in the manner of record/fields/field.hpp; only written.

void tune_measure_fields(auto& io, const MeasureChange& change) {
  io("measure", change.measure);
  io("unit", change.unit == MeasureUnit::nanoseconds ? "ns" : "messages/s",
     {.one_of = "ns|messages/s"});
  io("verdict", change.change);
  io("before", finite(change.old_value));
  io("after", finite(change.new_value));
  change_fields(io, change);
  io("blocks_needed", change.repetitions_needed, {"For a conclusion, by estimate."});
}

void fields(auto& io, Is<MeasureChange> auto& change) { tune_measure_fields(io, change); }

void fields(auto& io, Is<TuneLine> auto& line) {
  io.type("line");
  io.known("at", line.at);
  io("knob", line.knob, {"Of a mark what its maker called it."});
  io.known("from", line.from);
  io.known("to", line.to);
  io("tried", line.tried, {"False: reason says why not."});
  const bool judged = line.tried && !(line.open && !line.judged);
  io("verdict", judged ? std::optional(line.change) : std::nullopt);
  io("kept", line.kept);
  io("open", line.open, {"More blocks are to come, so that this is not the last word."});
  io.known("reason", line.reason, {"Why inconclusive or not kept."});
  io("judged", line.judged, {"By what it was decided."});
  io("others", line.others);
  io("blocks_before", line.blocks_before);
  io("blocks_after", line.blocks_after);
  io("notes", line.notes);
  io.known("command", line.command, {"What repeats it."});
}

void fields(auto& io, Is<TuneSuggestion> auto& suggestion) {
  io("id", suggestion.id, {"Of the doctor's check."});
  io.known("found", suggestion.found);
  io("why", suggestion.why);
  io("fix", suggestion.fix);
  io("undo", suggestion.undo);
}

void fields(auto& io, Is<TuneLedger> auto& ledger) {
  io("mode", ledger.automatic ? "auto" : "watch", {.one_of = "auto|watch"});
  io("config", ledger.config);
  io("scenario", ledger.scenario);
  io("started_at", ledger.started_at);
  io("machine", ledger.machine);
  io("version", ledger.version);
  io("interrupted", ledger.interrupted);
  io("measure", ledger.measure, {"What decides."});
  io("threshold", ledger.threshold);
  io("block_ns", ledger.block);
  io("rounds", ledger.rounds, {"Of each trial; of a mark the blocks of its first verdict."});
  io("family", ledger.family, {"Trials planned, for which p values are adjusted."});
  io("lines", ledger.lines);
  io.object("kept",
            [&](auto& part) {
              for (const TuneSetting& setting : ledger.kept) part(setting.key, setting.value);
            },
            {"Settings beyond the config, each with its value as a text."});
  io("whole", ledger.whole, {"The start against the end; null where nothing was kept."});
  io("suggestions", ledger.suggestions, {"Commands that help and change the machine."});
}

}  // namespace busmark

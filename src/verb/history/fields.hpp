// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "record/fields/field.hpp"
#include "verb/history/judge.hpp"

namespace busmark {

// busmark.history/1, in the manner of record/fields/field.hpp; only written: who reads a history
// passes over what he does not understand.

void fields(auto& io, Is<HistoryScenario> auto& scenario) {
  io("name", scenario.name);
  io("verdict", scenario.verdict);
  io.object("figures",
            [&](auto& part) {
              for (const auto& [measure, value] : scenario.figures) part(measure, value);
            },
            {"Nanoseconds, of rate messages per second; none of a scenario that is invalid."});
}

void fields(auto& io, Is<HistoryEntry> auto& entry) {
  io("started_at", entry.started_at);
  io("run", entry.run);
  io("label", entry.label);
  io("note", entry.note);
  io("machine", entry.machine, {"Host and CPU: figures of two machines make no series."});
  io("version", entry.version);
  io("quick", entry.quick);
  io("scenarios", entry.scenarios);
}

}  // namespace busmark

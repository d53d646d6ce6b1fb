// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "judge/fields.hpp"
#include "verb/ab/judge.hpp"

namespace busmark {

// busmark.ab/1, in the manner of record/fields/field.hpp; only written.

template <>
inline constexpr std::array kAll<MeasureUnit>{MeasureUnit::nanoseconds,
                                              MeasureUnit::messages_per_second, MeasureUnit::share};

inline const char* to_string(MeasureUnit unit) noexcept {
  switch (unit) {
    case MeasureUnit::nanoseconds: return "ns";
    case MeasureUnit::messages_per_second: return "messages/s";
    case MeasureUnit::share: return "share";
  }
  return "unknown";
}

/// What was measured and what it says.
struct AbDocument {
  const AbSession& session;
  const RunComparison& comparison;
};

void ab_measure_fields(auto& io, const MeasureChange& change) {
  io("measure", change.measure);
  io("unit", change.unit);
  io("primary", change.primary, {"What the session is to decide."});
  io("verdict", change.change);
  io.known("reason", change.reason);
  io("a", finite(change.old_value));
  io("b", finite(change.new_value));
  change_fields(io, change);
  io("rounds", change.rounds.value_or(0));
  io("rounds_needed", change.repetitions_needed, {"For a conclusion, by estimate."});
  io("confirmed", change.confirmed, {"By so many of the sessions that repeated it."});
}

/// The figures of an arm, round by round.
void ab_arm_fields(auto& io, const AbScenario& scenario, AbArm arm) {
  const auto column = [&](auto read) {
    std::vector<decltype(read(AbBlock{}))> values;
    for (const auto& round : scenario.rounds) {
      values.push_back(read(round[static_cast<std::size_t>(arm)]));
    }
    return values;
  };
  const std::vector<std::string> names = measure_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    io(names[i], column([&](const AbBlock& block) {
         return i < block.values.size() ? block.values[i] : std::nullopt;
       }));
  }
  io("disturbed", column([](const AbBlock& block) { return !block.disturbance.empty(); }));
  io("invalid", column([](const AbBlock& block) { return !block.invalid.empty(); }));
  io("undelivered", column([](const AbBlock& block) { return block.undelivered; }));
}

void fields(auto& io, Is<AbDocument> auto& document) {
  const AbSession& session = document.session;
  const RunComparison& comparison = document.comparison;
  io("config", session.config);
  io("started_at", session.started_at);
  io("interrupted", session.interrupted);
  io("a", session.a, {"What the arm is, in the user's words."});
  io("b", session.b);
  io("threshold", comparison.options.threshold, {"Share of the value that is no matter."});
  io("planned_rounds", session.planned_rounds);
  io("block_ns", session.block, {"Measured time of a scenario in a block."});
  io("at_most_ns", session.at_most, {"Where it was to go on until decided."});
  io("decided", session.decided, {"It ended since it was."});
  io("looks", session.looks, {"How often it has been judged."});
  io("look_share", session.look_share,
     {.what = "Of the 5 % of being wrong, what the last look may use.", .most = 1});
  io("confirmations", comparison.confirmations, {"Further sessions that were asked for the same."});
  io("differences", session.differences, {"Of the two sides' programs."});
  io.list(
      "scenarios", numbers_below(comparison.scenarios.size()), [&](auto& part, std::size_t index) {
        const ScenarioChange& change = comparison.scenarios[index];
        part("name", change.name);
        part.known("not_compared", change.not_compared, {"Why there are no measures."});
        part("notes", change.notes);
        part.list("measures", change.measures,
                  [](auto& inner, const auto& one) { ab_measure_fields(inner, one); });
        part.object("blocks",
                    [&](auto& arms) {
                      for (const auto& [key, arm] :
                           {std::pair{"a", AbArm::a}, {"b", AbArm::b}, {"again", AbArm::again}}) {
                        arms.object(key, [&, arm = arm](auto& inner) {
                          ab_arm_fields(inner, session.scenarios[index], arm);
                        });
                      }
                    },
                    {"Every figure, round by round; again is A once more."});
      });
}

}  // namespace busmark

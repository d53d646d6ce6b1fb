// SPDX-License-Identifier: Apache-2.0
#include "tell/compare_text.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/escape.hpp"
#include "base/table.hpp"
#include "tell/annotations.hpp"
#include "tell/change_text.hpp"

namespace busmark {
namespace {

std::vector<std::string> cells(const ScenarioChange& scenario, const MeasureChange& change) {
  std::vector<std::string> texts{
      plain_text(scenario.name),
      change.measure + (change.primary ? " *" : ""),
      value_text(change, change.old_value),
      value_text(change, change.new_value),
      percent(change.effect),
      change.bounded ? percent(change.low) + " .. " + percent(change.high) : "-"};
  if (change.noise) {
    const bool known = change.unit != MeasureUnit::share;
    texts.push_back(known ? fmt::format("{:.1f}", *change.noise * 100) : "");
  } else {
    texts.push_back(change.spread ? fmt::format("{:.1f}", change.spread->between * 100) : "-");
    texts.push_back(change.spread ? fmt::format("{:.1f}", change.spread->within * 100) : "-");
  }
  texts.push_back(change.bounded ? fmt::format("{:.3g}", change.p_value) : "-");
  texts.emplace_back(to_string(change.change));
  return texts;
}

std::vector<std::string> titles(const RunComparison& comparison) {
  if (comparison.interleaved) {
    return {"scenario", "measure", "A", "B", "%", "95 %", "noise", "p value", "verdict"};
  }
  return {"scenario", "measure", "old",    "new",     "%",
          "95 %",     "runs %",  "within", "p value", "verdict"};
}

TextTable::Decoration decoration(Change change, bool color) {
  if (!color) return {};
  switch (change) {
    case Change::regressed: return {"\x1b[31m", "\x1b[0m"};
    case Change::improved: return {"\x1b[32m", "\x1b[0m"};
    case Change::inconclusive: return {"\x1b[33m", "\x1b[0m"};
    case Change::none: return {};
  }
  return {};
}

/// A word and a sentence; one line of what stands below the table.
using Line = std::pair<std::string, std::string>;

std::vector<Line> remarks(const RunComparison& comparison) {
  std::vector<Line> lines;
  if (comparison.interleaved) lines = {{"A", comparison.old_name}, {"B", comparison.new_name}};
  for (const std::string& difference : comparison.differences) {
    lines.emplace_back("differs", difference);
  }
  for (const ScenarioChange& scenario : comparison.scenarios) {
    if (!scenario.not_compared.empty()) {
      lines.emplace_back(scenario.invalid ? "invalid" : "left out",
                         fmt::format("{}: {}", scenario.name, scenario.not_compared));
    }
    for (const std::string& note : scenario.notes) {
      lines.emplace_back("note", fmt::format("{}: {}", scenario.name, note));
    }
    std::map<std::string, std::vector<std::string>> reasons;
    for (const MeasureChange& change : scenario.measures) {
      if (change.change == Change::inconclusive) reasons[change.reason].push_back(change.measure);
      if (change.unit == MeasureUnit::share && change.change == Change::regressed) {
        lines.emplace_back("worse", fmt::format("{}: {}", scenario.name, change.reason));
      }
    }
    for (const auto& [reason, measures] : reasons) {
      lines.emplace_back(
          "unclear", fmt::format("{} {}: {}", scenario.name, fmt::join(measures, ", "), reason));
    }
  }
  return lines;
}

/// What would decide everything that is inconclusive, where anything would.
std::string what_decides(const RunComparison& comparison) {
  std::uint32_t rounds = 0;
  std::uint32_t runs = 0;
  for (const ScenarioChange& scenario : comparison.scenarios) {
    for (const MeasureChange& change : scenario.measures) {
      rounds = std::max(rounds, change.repetitions_needed.value_or(0));
      runs = std::max(runs, change.runs_needed.value_or(0));
    }
  }
  if (rounds > 0 && comparison.round_time) {
    const auto seconds = std::ceil(in_seconds(*comparison.round_time) * rounds);
    return fmt::format("about --at-most {:.0f}s", seconds);
  }
  if (comparison.interleaved) return rounds > 0 ? fmt::format("--rounds {}", rounds) : "";
  if (runs == 0) return {};
  return fmt::format(
      "{} runs on each side (busmark run CONFIG --out OLD, again and again, and NEW likewise; then "
      "busmark compare OLD NEW)",
      runs);
}

std::string closing(const RunComparison& comparison) {
  std::string text = tally(comparison);
  if (comparison.any_invalid()) text += "; some scenario is invalid and was not compared";
  const std::string decides = what_decides(comparison);
  if (!decides.empty()) text += "; to decide all: " + decides;
  return text;
}

std::string legend(const RunComparison& comparison) {
  if (comparison.interleaved) {
    return fmt::format(
        "Medians over rounds of interleaved blocks; threshold {:.3g} %; noise: how far A may be "
        "from a copy of itself, in %; *: what decides.",
        comparison.options.threshold * 100);
  }
  return fmt::format(
      "Means of the runs' medians; threshold {:.3g} %, {} against {}; runs %: how far runs of one "
      "side are from each other beyond what their repetitions (within) explain.",
      comparison.options.threshold * 100, comparison.new_name, comparison.old_name);
}

std::string command_of(const RunComparison& comparison) {
  return comparison.interleaved ? "busmark ab" : "busmark compare";
}

Annotation error_in(const RunComparison& comparison, const std::string& scenario, double margin,
                    const std::string& message) {
  return {Annotation::Level::error, margin, command_of(comparison) + ": " + scenario, message};
}

}  // namespace

std::string write_annotations(const RunComparison& comparison) {
  constexpr double kFirst = -std::numeric_limits<double>::infinity();
  std::vector<Annotation> all;
  for (const ScenarioChange& scenario : comparison.scenarios) {
    if (scenario.invalid) {
      all.push_back(error_in(comparison, scenario.name, kFirst, scenario.not_compared));
    }
    for (const MeasureChange& change : scenario.measures) {
      if (change.change != Change::regressed) continue;
      all.push_back(error_in(
          comparison, scenario.name, -std::abs(change.effect),
          fmt::format("{} regressed from {} to {} ({} %, 95 % interval {} .. {} %)", change.measure,
                      value_text(change, change.old_value), value_text(change, change.new_value),
                      percent(change.effect), percent(change.low), percent(change.high))));
    }
  }
  return write_worst(std::move(all));
}

std::string tally(const RunComparison& comparison) {
  std::string text;
  for (const Change change :
       {Change::regressed, Change::improved, Change::none, Change::inconclusive}) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", comparison.count(change),
                        to_string(change));
  }
  return text;
}

std::string write_compare_text(const RunComparison& comparison, bool color) {
  std::vector<TextTable::Column> columns;
  for (const std::string& title : titles(comparison)) {
    const bool words = title == "scenario" || title == "measure" || title == "verdict";
    columns.push_back({title, words ? Align::left : Align::right});
  }
  TextTable table(std::move(columns));
  for (const ScenarioChange& scenario : comparison.scenarios) {
    for (const MeasureChange& change : scenario.measures) {
      table.add(cells(scenario, change), decoration(change.change, color));
    }
  }
  std::string text = table.text() + "\n" + plain_text(legend(comparison)) + "\n\n";
  for (const auto& [word, sentence] : remarks(comparison)) {
    text += fmt::format("{:<10}{}\n", word, plain_text(sentence));
  }
  return text + "\n" + closing(comparison) + "\n";
}

std::string write_compare_markdown(const RunComparison& comparison) {
  std::vector<std::vector<std::string>> rows;
  for (const ScenarioChange& scenario : comparison.scenarios) {
    for (const MeasureChange& change : scenario.measures) {
      std::vector<std::string> row;
      for (const std::string& cell : cells(scenario, change)) row.push_back(markdown_text(cell));
      if (change.change != Change::none) row.back() = "**" + row.back() + "**";
      rows.push_back(std::move(row));
    }
  }
  std::string text = "## " + command_of(comparison) + "\n\n" + markdown_text(closing(comparison)) +
                     "\n\n" + markdown_table(titles(comparison), rows) + "\n" +
                     markdown_text(legend(comparison)) + "\n";
  for (const auto& [word, sentence] : remarks(comparison)) {
    text += fmt::format("\n- {}: {}", word, markdown_text(sentence));
  }
  return text + "\n";
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "verb/history/tell.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/table.hpp"
#include "record/store/field_schema.hpp"
#include "record/store/field_writer.hpp"
#include "verb/documents.hpp"
#include "verb/history/fields.hpp"

namespace busmark {
namespace {

using HistoryJson = nlohmann::ordered_json;

constexpr std::string_view kSchema = "busmark.history/1";
constexpr std::size_t kMostPoints = 60;
constexpr std::size_t kMostProblems = 10;

std::string text_of(const HistoryJson& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

HistoryScenario read_scenario(const HistoryJson& json) {
  HistoryScenario scenario{.name = text_of(json, "name"), .verdict = text_of(json, "verdict")};
  const auto figures = json.find("figures");
  if (figures == json.end() || !figures->is_object()) return scenario;
  for (const auto& [name, value] : figures->items()) {
    const double number = value.is_number() ? value.get<double>() : 0;
    if (std::isfinite(number) && number > 0) scenario.figures[name] = number;
  }
  return scenario;
}

/// Why it is no line of a history; empty where it is.
std::string read_line(std::string_view line, HistoryEntry& entry) {
  const auto json = HistoryJson::parse(line, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return "is no JSON object, perhaps cut off";
  if (text_of(json, "schema") != kSchema) return "is not of busmark.history/1";
  entry.started_at = text_of(json, "started_at");
  entry.run = text_of(json, "run");
  entry.label = text_of(json, "label");
  entry.note = text_of(json, "note");
  entry.machine = text_of(json, "machine");
  entry.version = text_of(json, "version");
  const auto quick = json.find("quick");
  entry.quick = quick != json.end() && quick->is_boolean() && quick->get<bool>();
  const auto scenarios = json.find("scenarios");
  if (scenarios == json.end() || !scenarios->is_array()) return "has no scenarios";
  for (const HistoryJson& scenario : *scenarios) {
    if (scenario.is_object()) entry.scenarios.push_back(read_scenario(scenario));
  }
  return {};
}

std::string value_text(const std::string& measure, double value) {
  constexpr double kLargest = 9e18;
  if (measure == "rate") return format_rate({value});
  return value < kLargest ? format_duration(Nanoseconds(std::llround(value))) : "-";
}

/// One character per value; the lowest is the lowest of the line, not zero.
std::string sparkline(const std::vector<double>& values, bool unicode) {
  constexpr std::array<const char*, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::array<const char*, 8> kPlain{"_", ".", ",", "-", "~", "+", "*", "#"};
  const std::size_t shown = std::min(values.size(), kMostPoints);
  const auto begin = values.end() - static_cast<std::ptrdiff_t>(shown);
  const auto [low, high] = std::minmax_element(begin, values.end());
  std::string line;
  for (auto value = begin; value != values.end(); ++value) {
    const double height = *high > *low ? (*value - *low) / (*high - *low) : 0.5;
    const auto step = static_cast<std::size_t>(height * 7.999);
    line += unicode ? kBlocks[step] : kPlain[step];
  }
  return line;
}

std::string percent(double after, double before) {
  return fmt::format("{:+.1f} %", (after / before - 1) * 100);
}

std::string run_text(const HistoryEntry& entry) {
  std::string text = entry.started_at;
  if (!entry.label.empty()) text += ", " + entry.label;
  if (!entry.version.empty()) text += ", " + entry.version;
  if (!entry.note.empty()) text += ": " + entry.note;
  return plain_text(text);
}

}  // namespace

std::string write_history_line(const HistoryEntry& entry) {
  return FieldWriter::document(kSchema, entry, -1);
}

std::string history_schema() {
  return FieldSchema::document(kSchema, "A line of the file of busmark run --history FILE.",
                               HistoryEntry{});
}

HistoryFile read_history(std::string_view text) {
  HistoryFile file;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    HistoryEntry entry;
    const std::string problem = read_line(line, entry);
    if (problem.empty()) {
      file.entries.push_back(std::move(entry));
    } else if (file.problems.size() < kMostProblems) {
      file.problems.push_back(fmt::format("line {} {}; it is left out", number, problem));
    }
  }
  return file;
}

std::string write_history_text(std::span<const HistoryEntry> history,
                               std::span<const HistorySeries> series, const std::string& measure,
                               bool unicode) {
  TextTable table({{"scenario", Align::left},
                   {"runs"},
                   {"first " + measure},
                   {"median"},
                   {"lowest"},
                   {"highest"},
                   {"last"},
                   {"course", Align::left}});
  std::string changes;
  bool several_machines = false;
  for (const HistorySeries& one : series) {
    several_machines = several_machines || one.machine != series.front().machine;
  }
  for (const HistorySeries& one : series) {
    std::string name = plain_text(one.scenario);
    if (several_machines) name += " @ " + plain_text(one.machine);
    std::vector<double> sorted = one.values;
    std::sort(sorted.begin(), sorted.end());
    table.add({name, fmt::format("{}", one.values.size()), value_text(measure, one.values.front()),
               value_text(measure, sorted[sorted.size() / 2]), value_text(measure, sorted.front()),
               value_text(measure, sorted.back()), value_text(measure, one.values.back()),
               sparkline(one.values, unicode)});
    for (const ChangePoint& change : one.changes) {
      changes +=
          fmt::format("{}: {} from {} to {} ({}) with the run of {}\n", name, measure,
                      value_text(measure, change.before), value_text(measure, change.after),
                      percent(change.after, change.before), run_text(history[one.runs[change.at]]));
    }
  }
  std::string text = table.text();
  text += "\nEach figure is the median over the repetitions of a run.\n";
  text += changes.empty() ? "\nno change point\n" : "\nchange points\n" + changes;
  return text;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <fmt/format.h>

#include "base/escape.hpp"
#include "base/table.hpp"
#include "tell/change_text.hpp"
#include "verb/tune/tell.hpp"

namespace busmark {
namespace {

std::string interval(const MeasureChange& change) {
  return percent(change.low) + " .. " + percent(change.high);
}

/// `wait yield -> spin`; where several keys change at once only what they become.
std::string change_text(const TuneLine& line) {
  if (line.to.empty()) return plain_text(line.knob);
  if (line.before.size() != 1 || line.after.size() != 1) return plain_text(line.to);
  return plain_text(
      fmt::format("{} {} -> {}", line.knob, line.before[0].value, line.after[0].value));
}

std::string verdict_text(const TuneLine& line) {
  if (!line.tried) return "not tried";
  if (line.kept) return "kept";
  if (line.open && !line.judged) return "no verdict yet";
  if (line.change == Change::improved && !line.to.empty()) return "not kept";
  return std::string(to_string(line.change));
}

TextTable::Decoration decoration(const TuneLine& line, bool color) {
  if (!color || !line.tried) return {};
  switch (line.change) {
    case Change::improved: return {line.kept ? "\x1b[32m" : "\x1b[33m", "\x1b[0m"};
    case Change::regressed: return {"\x1b[31m", "\x1b[0m"};
    case Change::inconclusive: return {"\x1b[33m", "\x1b[0m"};
    case Change::none: return {};
  }
  return {};
}

std::string table(const TuneLedger& ledger, bool color) {
  TextTable table({{"what", Align::left},
                   {ledger.measure},
                   {"then"},
                   {"%"},
                   {"95 %"},
                   {"p value"},
                   {"verdict", Align::left}});
  std::vector<const TuneLine*> lines;
  for (const TuneLine& line : ledger.lines) lines.push_back(&line);
  if (ledger.whole) lines.push_back(&*ledger.whole);
  for (const TuneLine* line : lines) {
    if (!line->tried) continue;
    std::vector<std::string> cells{
        line == (ledger.whole ? &*ledger.whole : nullptr) ? "all together" : change_text(*line)};
    if (line->judged) {
      const MeasureChange& judged = *line->judged;
      cells.insert(cells.end(), {value_text(judged, judged.old_value),
                                 value_text(judged, judged.new_value), percent(judged.effect),
                                 interval(judged), fmt::format("{:.2g}", judged.p_value)});
    } else {
      cells.insert(cells.end(), 5, "-");
    }
    cells.push_back(verdict_text(*line));
    table.add(std::move(cells), decoration(*line, color));
  }
  return table.text();
}

/// What a change did to the measures that did not decide, where that is sure: its price above all.
std::string besides(const TuneLine& line) {
  std::string text;
  for (const MeasureChange& other : line.others) {
    if (other.change != Change::improved && other.change != Change::regressed) continue;
    text +=
        fmt::format("{}{} {} %", text.empty() ? "" : ", ", other.measure, percent(other.effect));
  }
  return text;
}

std::string remarks(const TuneLedger& ledger) {
  std::string text;
  for (const TuneLine& line : ledger.lines) {
    const bool differs =
        line.kept || line.change == Change::improved || line.change == Change::regressed;
    if (const std::string more = besides(line); differs && !more.empty()) {
      text += wrapped("  ", fmt::format("{}: besides {}", change_text(line), more));
    }
    const bool told = !line.reason.empty() && !line.kept;
    if (told) {
      const std::string what = line.tried ? "" : "not tried: ";
      text +=
          wrapped("  ", fmt::format("{}: {}{}", change_text(line), what, plain_text(line.reason)));
    }
    for (const std::string& note : line.notes) {
      text += wrapped("  ", fmt::format("{}: {}", change_text(line), plain_text(note)));
    }
  }
  return text.empty() ? "" : "\n" + text;
}

std::string commands(const TuneLedger& ledger) {
  std::string text;
  for (const TuneLine& line : ledger.lines) {
    if (line.tried && !line.command.empty()) text += "  " + plain_text(line.command) + "\n";
  }
  if (ledger.whole) text += "  " + plain_text(ledger.whole->command) + "\n";
  return text.empty() ? "" : "\nEach line again, in its order:\n" + text;
}

std::string suggestions(const TuneLedger& ledger) {
  if (ledger.suggestions.empty()) return {};
  std::string text =
      "\nWhat is left is the machine's, which busmark never changes (busmark doctor says more):\n";
  for (const TuneSuggestion& one : ledger.suggestions) {
    text += wrapped("  ", plain_text(fmt::format("{}: {}", one.id, one.found)));
    for (const std::string& fix : one.fix) text += "    > " + plain_text(fix) + "\n";
    for (const std::string& undo : one.undo) text += "      undo: " + plain_text(undo) + "\n";
  }
  return text;
}

std::string closing(const TuneLedger& ledger) {
  if (!ledger.automatic) return {};
  if (ledger.kept.empty()) return "\nNothing that was tried is sure to be better.\n";
  std::string settings;
  for (const TuneSetting& setting : ledger.kept) {
    settings += (settings.empty() ? "" : ", ") + setting.short_text();
  }
  std::string text = "\n" + wrapped("Kept: ", plain_text(settings));
  if (ledger.whole && ledger.whole->judged && ledger.whole->change == Change::improved) {
    const MeasureChange& judged = *ledger.whole->judged;
    text += fmt::format("Together: {} {} -> {}, {:.3g} times as good.\n", judged.measure,
                        value_text(judged, judged.old_value), value_text(judged, judged.new_value),
                        judged.unit == MeasureUnit::messages_per_second
                            ? judged.new_value / judged.old_value
                            : judged.old_value / judged.new_value);
  } else if (ledger.whole) {
    text += wrapped("Together: ", "not confirmed: " + plain_text(ledger.whole->reason));
  }
  return text;
}

}  // namespace

std::string tune_command(const std::vector<std::string>& words) { return shell_command(words); }

std::string tune_line_text(const TuneLine& line) {
  std::string text = change_text(line) + ": " + verdict_text(line);
  if (line.judged) {
    const MeasureChange& judged = *line.judged;
    text += fmt::format("; {} {} -> {}, {} % (95 %: {}), p {:.2g}", judged.measure,
                        value_text(judged, judged.old_value), value_text(judged, judged.new_value),
                        percent(judged.effect), interval(judged), judged.p_value);
  }
  if (!line.kept && !line.reason.empty()) text += "; " + plain_text(line.reason);
  return text;
}

std::string write_tune_text(const TuneLedger& ledger, bool color) {
  std::string text =
      plain_text(fmt::format("{} of {}, {}", ledger.scenario, ledger.config, ledger.machine)) +
      "\n\n";
  text += table(ledger, color) + "\n";
  if (ledger.automatic) {
    text += wrapped("", fmt::format("Medians over {} rounds of interleaved blocks of {}; "
                                    "threshold {:.3g} %; p values hold for all {} trials "
                                    "together. A trial ends early when nothing can save it.",
                                    ledger.rounds, format_duration(ledger.block),
                                    ledger.threshold * 100, ledger.family));
  } else {
    text += wrapped("", fmt::format("Medians over blocks of {} before and after each mark; "
                                    "threshold {:.3g} %. A change of the machine by itself at "
                                    "that moment looks the same.",
                                    format_duration(ledger.block), ledger.threshold * 100));
  }
  text += remarks(ledger) + closing(ledger) + commands(ledger) + suggestions(ledger);
  if (ledger.interrupted) text += "\nInterrupted: what there was then is judged.\n";
  return text;
}

std::string write_tuned_config(const TuneLedger& ledger, const RunOptions& run,
                               const Scenario& scenario, const std::string& transport_tables) {
  ConfigRemarks remarks;
  remarks.transport_tables = transport_tables;
  remarks.head = {plain_text(fmt::format("Scenario {} of {}, as busmark tune --auto left it.",
                                         ledger.scenario, ledger.config)),
                  plain_text(fmt::format("{}, {}", ledger.started_at, ledger.machine))};
  if (ledger.kept.empty())
    remarks.head.emplace_back("Nothing that was tried is sure to be better.");
  for (const TuneLine& line : ledger.lines) {
    if (!line.kept || !line.judged) continue;
    remarks.head.push_back(tune_line_text(line));
  }
  if (ledger.whole) {
    TuneLine whole = *ledger.whole;
    whole.knob = "all together";
    whole.from.clear();
    whole.to.clear();
    remarks.head.push_back(tune_line_text(whole));
  }
  for (const TuneLine& line : ledger.lines) {
    for (std::size_t i = 0; line.kept && i < line.after.size(); ++i) {
      std::string gain;
      if (line.judged) {
        gain = fmt::format(": {} {} %", line.judged->measure, percent(line.judged->effect));
      }
      remarks.keys[line.after[i].key] = "was " + plain_text(line.before[i].value) + gain;
    }
  }
  return write_config(run, scenario, remarks);
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "aspect/tail/html.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "aspect/floor/tell.hpp"
#include "base/escape.hpp"
#include "base/html_table.hpp"
#include "stat/percentile_interval.hpp"
#include "tell/columns.hpp"
#include "tell/compare_text.hpp"
#include "tell/form_writers.hpp"
#include "tell/html/assets.hpp"
#include "tell/html/data.hpp"
#include "tell/html/page_template.hpp"
#include "tell/turns.hpp"

namespace busmark {
namespace {

std::string badge(std::string_view word, std::string_view kind, std::string_view before = "") {
  return fmt::format("<span class=\"verdict {}\">{}{}</span>", kind, before, word);
}

HtmlCell verdict_cell(Verdict verdict, const std::vector<std::string>& reasons = {}) {
  const std::string_view word = to_string(verdict);
  return {badge(word, word), "text", xml_text(fmt::format("{}", fmt::join(reasons, "; ")))};
}

std::string interval_text(const PercentileEstimate& estimate) {
  if (!estimate.known) return "interval not known";
  return fmt::format("{} .. {}", format_duration(estimate.interval.low),
                     format_duration(estimate.interval.high));
}

std::string withheld_text(const PercentileEstimate* estimate) {
  if (estimate == nullptr || !estimate->effective_count) return "withheld: too few samples";
  return fmt::format("withheld: as much as {} independent samples, {} needed",
                     *estimate->effective_count, samples_needed(estimate->percentile));
}

HtmlCell percentile_cell(const ScenarioColumn& column, const StoredScenario& scenario) {
  const PercentileEstimate* estimate = scenario.response.find(column.percentile);
  if (estimate == nullptr || !estimate->supported) return {"-", "", withheld_text(estimate)};
  const FloorPercentile* floor = scenario.floor ? scenario.floor->find(column.percentile) : nullptr;
  const std::string beside =
      floor == nullptr ? "" : fmt::format("; machine floor {}", format_duration(floor->value));
  return {marked_cell(column, scenario), "", interval_text(*estimate) + beside};
}

/// What the table says of the machine's own floor, where it was probed.
std::string floor_note(const StoredRun& run) {
  if (std::ranges::none_of(run.scenarios, [](const auto& one) { return one.floor.has_value(); })) {
    return {};
  }
  return " and the floor of the machine, which its cores show without any bus; *: cannot be told "
         "from that floor";
}

std::string during_note(const StoredRun& run) {
  std::string text;
  for (const std::string& sentence : floor_during_sentences(run)) {
    text += "<p class=\"quiet\">Beside the run: " + xml_text(sentence) + ".</p>\n";
  }
  return text;
}

HtmlCell html_cell(const ScenarioColumn& column, const StoredScenario& scenario) {
  switch (column.kind) {
    case ScenarioColumn::Kind::name: return html_name(scenario.name);
    case ScenarioColumn::Kind::percentile: return percentile_cell(column, scenario);
    case ScenarioColumn::Kind::verdict: return verdict_cell(scenario.verdict, scenario.reasons);
    case ScenarioColumn::Kind::figure: break;
  }
  return {xml_text(cell_of(column, scenario))};
}

std::string targets_html(const StoredRun& run) {
  std::vector<HtmlCell> titles;
  for (const ScenarioColumn& column : scenario_columns()) {
    titles.push_back({std::string(column.title), column.words() ? "text" : ""});
  }
  std::vector<std::vector<HtmlCell>> rows;
  for (const StoredScenario& scenario : run.scenarios) {
    std::vector<HtmlCell>& row = rows.emplace_back();
    for (const ScenarioColumn& column : scenario_columns()) {
      row.push_back(html_cell(column, scenario));
    }
  }
  return html_table(titles, rows, " id=\"targets\"");
}

std::string compliance_html(const StoredRun& run) {
  std::vector<std::vector<HtmlCell>> rows;
  for (const StoredScenario& scenario : run.scenarios) {
    for (const StoredBudget& budget : scenario.budgets) {
      const bool first = &budget == &scenario.budgets.front();
      rows.push_back({first ? html_name(scenario.name) : HtmlCell{},
                      {xml_text(budget.shown()), "text"},
                      {budget_value(budget)},
                      {budget_number(budget, budget.limit)},
                      {margin_text(budget.margin)},
                      verdict_cell(budget.verdict),
                      {xml_text(budget.reason), "text why"}});
    }
  }
  if (rows.empty()) return "<p>No scenario has a budget.</p>";
  return "<div class=\"scroll\">" +
         html_table({{"scenario", "text"},
                     {"budget", "text"},
                     {"actual"},
                     {"limit"},
                     {"margin"},
                     {"verdict", "text"},
                     {"why", "text"}},
                    rows) +
         "</div>";
}

std::string change_value(const MeasureChange& change, double value) {
  if (change.unit == MeasureUnit::messages_per_second) return format_rate({value});
  return format_duration(Nanoseconds(std::llround(value)));
}

std::string comparison_table(const RunComparison& comparison) {
  std::vector<std::vector<HtmlCell>> rows;
  for (const ScenarioChange& scenario : comparison.scenarios) {
    for (const MeasureChange& change : scenario.measures) {
      const std::string kind = change.change == Change::none ? "no-change" : "";
      rows.push_back(
          {html_name(scenario.name),
           {xml_text(change.measure), "text"},
           {change_value(change, change.old_value)},
           {change_value(change, change.new_value)},
           {fmt::format("{:+.1f} %", change.effect * 100)},
           {change.bounded
                ? fmt::format("{:+.1f} .. {:+.1f} %", change.low * 100, change.high * 100)
                : "-"},
           {change.bounded ? fmt::format("{:.3g}", change.p_value) : "-"},
           {badge(to_string(change.change), kind.empty() ? to_string(change.change) : kind), "text",
            xml_text(change.reason)}});
    }
  }
  return html_table({{"scenario", "text"},
                     {"measure", "text"},
                     {"old"},
                     {"new"},
                     {"change"},
                     {"95 % interval"},
                     {"p value"},
                     {"verdict", "text"}},
                    rows);
}

std::string html_bullets(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += "<li>" + xml_text(sentence) + "</li>\n";
  return text.empty() ? "<li>Nothing stands out in the numbers.</li>" : text;
}

std::string comparison_section(const RunComparison& comparison) {
  std::string text =
      fmt::format("<section><h2>Comparison</h2>\n<p>{} against {}: {}.</p>\n",
                  xml_text(comparison.new_name), xml_text(comparison.old_name), tally(comparison));
  std::vector<std::string> notes = comparison.differences;
  for (const ScenarioChange& scenario : comparison.scenarios) {
    if (!scenario.not_compared.empty())
      notes.push_back(scenario.name + ": " + scenario.not_compared);
    for (const std::string& note : scenario.notes) notes.push_back(scenario.name + ": " + note);
  }
  text +=
      "<div class=\"controls\"><div class=\"choice\" id=\"changes-measure\" role=\"group\" "
      "aria-label=\"Measure\"></div></div>\n<div class=\"chart\" id=\"changes-box\"><canvas "
      "id=\"changes\" role=\"img\" aria-label=\"Changes with intervals\"></canvas></div>\n";
  text += fmt::format(
      "<p class=\"quiet\">Means of the runs' medians. The grey band is the threshold, {:.3g} %; a "
      "bar is the 95 % interval, and without one the runs are too few to have any. <span "
      "id=\"changes-note\"></span></p>\n<details><summary>All figures</summary><div "
      "class=\"scroll\">{}</div></details>\n",
      comparison.options.threshold * 100, comparison_table(comparison));
  if (!notes.empty()) text += "<ul>" + html_bullets(notes) + "</ul>";
  return text + "</section>";
}

std::string tally_badges(const StoredRun& run) {
  std::string text;
  for (const Verdict verdict : {Verdict::pass, Verdict::warn, Verdict::inconclusive, Verdict::fail,
                                Verdict::invalid, Verdict::skip}) {
    const std::size_t count = count_of(run, verdict);
    if (count > 0) text += badge(to_string(verdict), to_string(verdict), fmt::format("{} ", count));
  }
  return text;
}

std::string environment_html(const StoredRun& run) {
  std::vector<std::vector<HtmlCell>> rows;
  for (const auto& [what, which] : environment_facts(run)) {
    rows.push_back({{what}, {xml_text(which)}});
  }
  return html_table({}, rows, " class=\"facts\"");
}

std::string reproduce(const StoredRun& run) {
  if (!run.command) return "<p>This result is of a version that did not keep its command.</p>";
  return fmt::format(
      "<pre id=\"command\">{}</pre>\n<button id=\"copy\" type=\"button\" hidden>copy</button>\n"
      "<p class=\"quiet\">With busmark {}, seed {}, from the folder where it was run.</p>",
      xml_text(shell_command(*run.command)), xml_text(run.environment.machine.build.version),
      run.seed);
}

std::vector<FormFile> page(const StoredRun& run, const RunComparison* comparison) {
  require_html();
  const Environment& machine = run.environment.machine;
  const std::string version = xml_text(machine.build.version);
  return {{"", fill_page(
                   kPageTemplate,
                   {{"title", "busmark: " + xml_text(run.name)},
                    {"style", std::string(kPageStyle)},
                    {"name", xml_text(run.name)},
                    {"about", xml_text(fmt::format("{} on {}, {}", run.started_at,
                                                   machine.host.empty() ? "unknown" : machine.host,
                                                   machine.cpu_model))},
                    {"tally", tally_badges(run)},
                    {"summary", html_bullets(summary_sentences(run))},
                    {"targets", targets_html(run)},
                    {"floor", floor_note(run)},
                    {"during", during_note(run)},
                    {"turns", turns_html(run)},
                    {"comparison", comparison == nullptr ? "" : comparison_section(*comparison)},
                    {"compliance", compliance_html(run)},
                    {"tail", html_tail(run)},
                    {"bottlenecks", html_bullets(find_bottlenecks(run))},
                    {"steps", html_bullets(find_next_steps(run))},
                    {"environment", environment_html(run)},
                    {"reproduce", reproduce(run)},
                    {"foot", "Measured with busmark " + version + "."},
                    {"data", write_html_data(run, comparison)},
                    {"chart", std::string(kChartLibrary)},
                    {"script", std::string(kPageScript)}})}};
}

}  // namespace

void require_html() {
  if (!kChartLibrary.empty()) return;
  throw SetupError(
      "this busmark was built without Chart.js, which html needs; install Debian's libjs-chart.js "
      "and build again, or use md");
}

std::vector<FormFile> write_html(const StoredRun& run) { return page(run, nullptr); }

std::vector<FormFile> write_html_compared(const StoredRun& run, const RunComparison& comparison) {
  return page(run, &comparison);
}

}  // namespace busmark

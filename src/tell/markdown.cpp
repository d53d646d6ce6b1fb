// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "aspect/fault/tell.hpp"
#include "aspect/mix/tell.hpp"
#include "aspect/stages/tell.hpp"
#include "aspect/tail/causes.hpp"
#include "base/escape.hpp"
#include "tell/columns.hpp"
#include "tell/form_writers.hpp"
#include "tell/plugins.hpp"
#include "tell/turns.hpp"

namespace busmark {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string verdict_text(Verdict verdict) {
  const std::string word(to_string(verdict));
  return verdict == Verdict::pass ? word : "**" + word + "**";
}

std::string markdown_bullets(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += "- " + markdown_text(sentence) + "\n";
  return text.empty() ? "Nothing stands out in the numbers.\n" : text;
}

/// A budget with what it belongs to.
struct Judged {
  const StoredScenario* scenario = nullptr;
  const StoredBudget* budget = nullptr;
};

/// The budget that is exceeded most, or met with the least to spare.
Judged tightest(const StoredRun& run) {
  Judged worst;
  for (const StoredScenario& scenario : run.scenarios) {
    for (const StoredBudget& budget : scenario.budgets) {
      if (!budget.margin || budget.verdict == Verdict::invalid) continue;
      if (worst.budget == nullptr || *budget.margin < *worst.budget->margin) {
        worst = {&scenario, &budget};
      }
    }
  }
  return worst;
}

}  // namespace

std::vector<std::string> summary_sentences(const StoredRun& run) {
  const double seconds = std::chrono::duration<double>(run.wall).count();
  std::vector<std::string> sentences;
  sentences.push_back(fmt::format("{}.", verdict_tally(run)));
  sentences.push_back(fmt::format(
      "Run of {}, {:.1f} s, {} repetition{} of each scenario{}{}.", run.started_at, seconds,
      run.planned_repetitions, run.planned_repetitions == 1 ? "" : "s",
      run.quick ? ", quick mode" : "", run.interrupted ? ", interrupted before its end" : ""));
  if (run.resumed) sentences.push_back(fmt::format("Resumed: {}.", *run.resumed));
  if (run.incomplete) sentences.push_back(fmt::format("Incomplete: {}.", *run.incomplete));
  if (const Judged worst = tightest(run); worst.budget != nullptr) {
    const bool met = *worst.budget->margin >= 0;
    sentences.push_back(
        fmt::format("{}: {} of {}, at {} ({:.1f} % of the limit {}).",
                    met ? "The budget with the least to spare" : "The budget that is missed most",
                    worst.budget->shown(), worst.scenario->name, budget_value(*worst.budget),
                    std::abs(*worst.budget->margin) * 100, met ? "left" : "beyond it"));
  }
  std::uint64_t lost = 0;
  std::uint64_t received = 0;
  for (const StoredScenario& scenario : run.scenarios) {
    lost += scenario.counts.lost;
    received += scenario.counts.received;
  }
  sentences.push_back(fmt::format("{} messages were measured, {} were lost.", received, lost));
  for (const std::string& turn : turn_sentences(run)) sentences.push_back("By turns " + turn + ".");
  return sentences;
}

std::vector<std::pair<std::string, std::string>> environment_facts(const StoredRun& run) {
  const Environment& machine = run.environment.machine;
  const auto known = [](const std::string& text) { return text.empty() ? "unknown" : text; };
  std::vector<std::pair<std::string, std::string>> facts{
      {"host", known(machine.host)},
      {"CPU", fmt::format("{}, {} online", known(machine.cpu_model), machine.online_cpus)},
      {"kernel", known(machine.kernel)},
      {"virtual machine",
       machine.virtual_machine ? (*machine.virtual_machine ? "yes" : "no") : "unknown"},
      {"governor", known(machine.governor)},
      {"clock", run.environment.clock_source},
      {"busmark", machine.build.version},
      {"build", machine.build.compiler + ", " + machine.build.flags},
      {"allocator", machine.build.allocator}};
  std::ranges::move(plugin_facts(run), std::back_inserter(facts));
  return facts;
}

namespace {

std::string targets_markdown(const StoredRun& run) {
  std::vector<std::string> titles;
  for (const ScenarioColumn& column : scenario_columns()) titles.emplace_back(column.title);
  Rows rows;
  for (const StoredScenario& scenario : run.scenarios) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const ScenarioColumn& column : scenario_columns()) {
      row.push_back(column.kind == ScenarioColumn::Kind::verdict
                        ? verdict_text(scenario.verdict)
                        : markdown_text(cell_of(column, scenario)));
    }
  }
  return markdown_table(titles, rows);
}

std::string compliance_markdown(const StoredRun& run) {
  Rows rows;
  for (const StoredScenario& scenario : run.scenarios) {
    for (const StoredBudget& budget : scenario.budgets) {
      rows.push_back({markdown_text(scenario.name), markdown_text(budget.shown()),
                      budget_value(budget), budget_number(budget, budget.limit),
                      margin_text(budget.margin), verdict_text(budget.verdict),
                      markdown_text(budget.reason)});
    }
  }
  if (rows.empty()) return "No scenario has a budget.\n";
  return markdown_table({"scenario", "target", "actual", "limit", "margin", "verdict", "why"},
                        rows);
}

/// A row for each repetition that counts; empty where nothing was broken.
std::string faults(const StoredRun& run) {
  Rows rows;
  std::vector<std::string> sentences;
  for (const StoredScenario& scenario : run.scenarios) {
    for (const StoredRepetition& repetition : scenario.repetitions) {
      if (!repetition.used || !repetition.fault) continue;
      std::vector<std::string> row{markdown_text(scenario.name),
                                   markdown_text(repetition.fault->fault)};
      for (const std::string& cell : fault_cells(*repetition.fault, repetition.counts)) {
        row.push_back(markdown_text(cell));
      }
      rows.push_back(std::move(row));
      const std::string lost = lost_ranges_text(*repetition.fault);
      if (!lost.empty()) sentences.push_back(scenario.name + " lost " + lost);
      if (!repetition.nats) continue;
      for (const std::string& word : fault_words(*repetition.nats)) {
        std::string sentence = scenario.name + ", " + word;
        if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end()) {
          sentences.push_back(std::move(sentence));
        }
      }
    }
  }
  if (rows.empty()) return {};
  std::vector<std::string> titles{"scenario", "fault"};
  for (std::string& title : fault_titles()) titles.push_back(std::move(title));
  return "\n## Faults\n\n" + markdown_table(titles, rows) +
         (sentences.empty() ? "" : "\n" + markdown_bullets(sentences));
}

/// A row for each stage of a load; empty where no load has any.
std::string stages(const StoredRun& run) {
  Rows rows;
  for (const StoredScenario& scenario : run.scenarios) {
    if (!scenario.stages) continue;
    for (const StageSummary& stage : *scenario.stages) {
      std::vector<std::string> row{markdown_text(scenario.name), markdown_text(stage.name)};
      for (std::string& cell : stage_cells(stage)) row.push_back(std::move(cell));
      rows.push_back(std::move(row));
    }
  }
  if (rows.empty()) return {};
  std::vector<std::string> titles{"scenario", "stage"};
  for (std::string& title : stage_titles()) titles.push_back(std::move(title));
  return "\n## Stages\n\n" + markdown_table(titles, rows);
}

/// A row for each class of a mix; empty where no scenario has any.
std::string classes(const StoredRun& run) {
  Rows rows;
  for (const StoredScenario& scenario : run.scenarios) {
    if (!scenario.classes) continue;
    for (const StoredClass& one : *scenario.classes) {
      std::vector<std::string> row{markdown_text(scenario.name), markdown_text(one.summary.name)};
      for (std::string& cell : class_cells(one.summary, one.summary.counts.lost, one.verdict)) {
        row.push_back(std::move(cell));
      }
      rows.push_back(std::move(row));
    }
  }
  if (rows.empty()) return {};
  std::vector<std::string> titles{"scenario", "class"};
  for (std::string& title : class_titles()) titles.push_back(std::move(title));
  return "\n## Classes\n\n" + markdown_table(titles, rows);
}

std::vector<std::string> markdown_cells(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = markdown_text(cell);
  return cells;
}

/// Slow messages by cause and the worst of them; empty where no scenario was to explain its tail.
std::string slow_messages(const StoredRun& run) {
  const std::vector<SlowTail> tails = slow_tails(run);
  if (tails.empty()) return {};
  std::vector<std::string> extents;
  Rows causes;
  Rows episodes;
  for (const SlowTail& tail : tails) {
    extents.push_back(tail.scenario + ": " + extent_text(tail));
    for (const SlowTail::Share& share : tail.causes) {
      causes.push_back(markdown_cells(cause_cells(tail, share)));
    }
    for (std::size_t i = 0; i < std::min(kWorstEpisodes, tail.worst.size()); ++i) {
      episodes.push_back(markdown_cells(episode_cells(tail, tail.worst[i])));
    }
  }
  std::string text = "\n## The tail by cause\n\n" + markdown_bullets(extents);
  if (causes.empty()) return text;
  return text + "\n" + markdown_table(cause_titles(), causes) + "\nThe worst:\n\n" +
         markdown_table(episode_titles(), episodes);
}

std::string environment_markdown(const StoredRun& run) {
  Rows rows;
  for (const auto& [what, which] : environment_facts(run)) {
    rows.push_back({what, markdown_text(which)});
  }
  return markdown_table({"what", "which"}, rows);
}

}  // namespace

std::vector<FormFile> write_markdown(const StoredRun& run) {
  std::string text = "# busmark: " + markdown_text(run.name) + "\n\n## Executive summary\n\n" +
                     markdown_bullets(summary_sentences(run)) + "\n## Targets\n\n" +
                     targets_markdown(run) +
                     "\nLatency is response time: from the moment a message was due until it was "
                     "received. At load `max` it is time in the queue under saturation.\n";
  if (std::any_of(run.scenarios.begin(), run.scenarios.end(),
                  [](const StoredScenario& scenario) { return scenario.users.has_value(); })) {
    text +=
        "With users it is a closed loop: latency counts from the request, and stalls hide in it "
        "(coordinated omission).\n";
  }
  text += "\n## Compliance matrix\n\n" + compliance_markdown(run);
  text += stages(run);
  text += classes(run);
  text += faults(run);
  text += slow_messages(run);
  text += "\n## Bottlenecks\n\n" + markdown_bullets(find_bottlenecks(run));
  text += "\n## Next steps\n\n" + markdown_bullets(find_next_steps(run));
  text += "\n## Environment\n\n" + environment_markdown(run);
  return {{"", std::move(text)}};
}

}  // namespace busmark

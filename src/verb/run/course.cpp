// SPDX-License-Identifier: Apache-2.0
#include "verb/run/course.hpp"

#include <fstream>
#include <utility>

#include <fmt/core.h>

#include "cli/console.hpp"
#include "plan/plan_text.hpp"

namespace busmark {
namespace {

std::optional<Unfinished> find_earlier(const std::string& resume,
                                       const std::optional<JournalHead>& head) {
  if (resume.empty()) return {};
  Unfinished unfinished = find_unfinished(resume);
  require_same_run(unfinished, head.value_or(JournalHead{}));
  return unfinished;
}

}  // namespace

/// As typed, but for the path of the program.
std::vector<std::string> command_of_this_process() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  if (!words.empty()) words.front() = "busmark";
  return words;
}

std::optional<JournalHead> journal_head(const PlanText& text, const RunConfig& config,
                                        const RunPlan& plan) {
  const std::optional<PlanText> kept = without_secrets(text, config);
  if (!kept) return {};
  JournalHead head;
  head.program = this_program();
  head.plan = *kept;
  head.command = command_of_this_process();
  head.label = config.run.label;
  head.note = config.run.note;
  for (const PlannedScenario& planned : plan.scenarios) {
    head.placements.push_back(planned.placement);
    head.skipped.push_back(planned.skipped);
  }
  return head;
}

Course::Course(const std::string& resume, const RunConfig& config, std::optional<JournalHead> head)
    : earlier_(find_earlier(resume, head)),
      folder_(earlier_ ? std::make_unique<RunFolder>(resume)
                       : std::make_unique<RunFolder>(config.run.out, config.run.name)) {
  if (earlier_) {
    journal_.emplace(*folder_, earlier_->file, earlier_->journal);
  } else if (head) {
    journal_.emplace(*folder_, std::move(*head));
  } else {
    print_error(
        "a secret of [transport.nats] has an escape in it, so no journal is kept: what is "
        "measured is on disk at the end only");
  }
}

RunPart Course::with_notes(RunPart part) {
  if (earlier_) {
    for (ScenarioResult& one : earlier_->result.scenarios) {
      part.before.push_back(std::move(one.repetitions));
    }
  }
  if (!journal_) return part;
  part.notes.begun = [this](const RunResult& begun) { journal_->begun(begun); };
  part.notes.over = [this](std::size_t place, const ScenarioResult& scenario) {
    journal_->over(place, scenario);
  };
  return part;
}

void Course::join(RunResult& result) const {
  if (!earlier_) return;
  result.resumed = fmt::format("at {}, after {} of {} repetitions", result.started_at,
                               earlier_->measured, earlier_->planned);
  result.started_at = earlier_->journal.begun.started_at;
  result.wall = journal_->elapsed();
}

void Course::delivered(const RunResult& result) {
  if (journal_ && !result.interrupted) journal_->remove();
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "aspect/tail/causes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/table.hpp"

namespace busmark {
namespace {

void add_repetition(SlowTail& tail, const SlowResult& slow, std::uint32_t number) {
  tail.over = slow.over;
  tail.messages += slow.messages;
  tail.episodes += slow.episodes;
  for (const SlowEvent& event : slow.worst) tail.worst.push_back({&event, number});
}

void sort_out(SlowTail& tail) {
  std::ranges::stable_sort(tail.worst, [](const auto& a, const auto& b) {
    return a.event->response > b.event->response;
  });
  for (const SlowCause cause :
       {SlowCause::fault, SlowCause::stopped, SlowCause::host, SlowCause::preempted,
        SlowCause::page_faults, SlowCause::sent_late, SlowCause::unknown}) {
    SlowTail::Share share{.cause = cause, .episodes = 0, .messages = 0, .worst = {}};
    for (const SlowTail::Episode& one : tail.worst) {
      if (one.event->cause != cause) continue;
      ++share.episodes;
      share.messages += one.event->messages;
      share.worst = std::max(share.worst, one.event->response);
    }
    if (share.episodes != 0) tail.causes.push_back(share);
  }
}

}  // namespace

std::vector<SlowTail> slow_tails(const StoredRun& run) {
  std::vector<SlowTail> tails;
  for (const StoredScenario& scenario : run.scenarios) {
    SlowTail tail;
    tail.scenario = scenario.name;
    bool asked = false;
    std::uint32_t number = 0;
    for (const StoredRepetition& repetition : scenario.repetitions) {
      ++number;
      if (!repetition.used || !repetition.slow) continue;
      asked = true;
      add_repetition(tail, *repetition.slow, number);
    }
    if (!asked) continue;
    tail.received = scenario.counts.received;
    sort_out(tail);
    tails.push_back(std::move(tail));
  }
  return tails;
}

std::string extent_text(const SlowTail& tail) {
  const std::size_t kept = tail.worst.size();
  return fmt::format(
      "{} of {} messages took longer than {}, in {} episodes{}", tail.messages, tail.received,
      format_duration(tail.over), tail.episodes,
      tail.episodes > kept ? fmt::format("; the {} worst are in the table", kept) : "");
}

std::string_view meaning_of(SlowCause cause) noexcept {
  switch (cause) {
    case SlowCause::fault: return "the fault of the scenario lasted";
    case SlowCause::stopped: return "the process was stopped (SIGSTOP, SIGTSTP)";
    case SlowCause::host: return "the hypervisor took the core";
    case SlowCause::preempted: return "other work ran on a core of its way";
    case SlowCause::page_faults: return "page faults";
    case SlowCause::sent_late:
      return "sent late, not for want of a core: a full queue, a slow send";
    case SlowCause::unknown: break;
  }
  return "nothing that the kernel counts";
}

std::string evidence_text(const SlowEvidence& evidence) {
  std::vector<std::string> parts;
  if (evidence.pauses != 0)
    parts.push_back(fmt::format("{} stop{}", evidence.pauses, evidence.pauses == 1 ? "" : "s"));
  if (!evidence.waited) parts.emplace_back("no thread could be read");
  if (evidence.waited && evidence.waited->count() > 0) {
    parts.push_back(
        fmt::format("{} waited {} for its core", evidence.waiter, duration_cell(*evidence.waited)));
  }
  if (evidence.stolen && evidence.stolen->count() > 0) {
    parts.push_back(fmt::format("{} stolen", duration_cell(*evidence.stolen)));
  }
  const std::uint64_t major = evidence.major_faults.value_or(0);
  const std::uint64_t faults = major + evidence.minor_faults.value_or(0);
  if (faults != 0) parts.push_back(fmt::format("{} page faults, {} from disk", faults, major));
  if (evidence.interrupts && *evidence.interrupts != 0) {
    parts.push_back(fmt::format("{} interrupts", *evidence.interrupts));
  }
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  if (text.empty()) text = "nothing";
  return fmt::format("{} in the {} around it", text, duration_cell(evidence.span));
}

std::vector<std::string> cause_titles() {
  return {"scenario", "cause", "episodes", "messages", "worst", "meaning"};
}

std::vector<std::string> cause_cells(const SlowTail& tail, const SlowTail::Share& share) {
  return {tail.scenario,
          std::string(to_string(share.cause)),
          fmt::format("{}", share.episodes),
          fmt::format("{}", share.messages),
          duration_cell(share.worst),
          std::string(meaning_of(share.cause))};
}

std::vector<std::string> episode_titles() {
  return {"scenario", "took",     "before sent", "repetition", "at",
          "message",  "producer", "cause",       "counted"};
}

std::vector<std::string> episode_cells(const SlowTail& tail, const SlowTail::Episode& episode) {
  const SlowEvent& event = *episode.event;
  return {tail.scenario,
          duration_cell(event.response),
          duration_cell(event.held),
          fmt::format("{}", episode.repetition),
          duration_cell(event.begin),
          fmt::format("{}", event.sequence),
          fmt::format("{}", event.producer),
          std::string(to_string(event.cause)),
          evidence_text(event.evidence)};
}

}  // namespace busmark

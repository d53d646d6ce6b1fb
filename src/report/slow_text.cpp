// SPDX-License-Identifier: Apache-2.0
#include "slow_text.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "busmark/engine/message_flow.hpp"
#include "busmark/report/text_table.hpp"

namespace busmark {
namespace {

constexpr std::size_t kWorstShown = 5;

struct Event {
  const SlowEvent* event;
  std::uint32_t repetition;
};

std::string meaning(SlowCause cause) {
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

/// What was counted around an event: only what is not nothing.
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

void add_causes(TextTable& table, const std::string& name, const std::vector<Event>& events) {
  for (const SlowCause cause :
       {SlowCause::fault, SlowCause::stopped, SlowCause::host, SlowCause::preempted,
        SlowCause::page_faults, SlowCause::sent_late, SlowCause::unknown}) {
    std::uint64_t episodes = 0;
    std::uint64_t messages = 0;
    Nanoseconds worst{};
    for (const Event& one : events) {
      if (one.event->cause != cause) continue;
      ++episodes;
      messages += one.event->messages;
      worst = std::max(worst, one.event->response);
    }
    if (episodes == 0) continue;
    table.add({name, std::string(to_string(cause)), fmt::format("{}", episodes),
               fmt::format("{}", messages), duration_cell(worst), meaning(cause)});
  }
}

}  // namespace

std::string slow_text(const JudgedRun& run) {
  using Align = TextTable::Align;
  TextTable table({{"slow because", Align::left},
                   {"cause", Align::left},
                   {"episodes"},
                   {"messages"},
                   {"worst"},
                   {"meaning", Align::left}});
  std::string lines;
  bool any = false;
  for (const JudgedScenario& judged : run.scenarios) {
    const std::string& name = judged.result->scenario.name;
    std::vector<Event> events;
    std::uint64_t messages = 0;
    std::uint64_t episodes = 0;
    bool asked = false;
    for (const std::uint32_t i : judged.summary.used) {
      const RepetitionResult& repetition = judged.result->repetitions[i];
      if (!repetition.slow) continue;
      asked = true;
      messages += repetition.slow->messages;
      episodes += repetition.slow->episodes;
      for (const SlowEvent& event : repetition.slow->worst) events.push_back({&event, i});
    }
    if (!asked) continue;
    any = true;
    lines += fmt::format("{:<14}{}: {} of {} messages took longer than {}, in {} episodes{}\n",
                         "slow", name, messages, judged.summary.counts.received,
                         format_duration(judged.result->scenario.slow_over), episodes,
                         episodes > events.size()
                             ? fmt::format("; the {} worst are in the table", events.size())
                             : "");
    std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
      return a.event->response > b.event->response;
    });
    add_causes(table, name, events);
    for (std::size_t i = 0; i < std::min(kWorstShown, events.size()); ++i) {
      const SlowEvent& event = *events[i].event;
      lines += fmt::format(
          "{:<14}{}: {} ({} of it before it was sent), repetition {} at {}, message {} of producer "
          "{}; {}: {}\n",
          "worst", name, duration_cell(event.response), duration_cell(event.held),
          events[i].repetition + 1, duration_cell(event.begin), event.sequence, event.producer,
          to_string(event.cause), evidence_text(event.evidence));
    }
  }
  if (!any) return {};
  return table.text() + lines;
}

}  // namespace busmark

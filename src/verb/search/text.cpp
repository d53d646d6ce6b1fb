// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/escape.hpp"
#include "base/table.hpp"
#include "verb/search/tell.hpp"

namespace busmark {
namespace {

TextTable::Decoration color_of(RateLabel label, bool color) {
  if (!color) return {};
  switch (label) {
    case RateLabel::ok: return {"\x1b[32m", "\x1b[0m"};
    case RateLabel::degraded: return {"\x1b[33m", "\x1b[0m"};
    case RateLabel::severe:
    case RateLabel::broken: return {"\x1b[31m", "\x1b[0m"};
    case RateLabel::unclear: break;
  }
  return {};
}

/// A schedule that was missed gives lower bounds: what was never sent has no latency.
std::string latency(Nanoseconds value, bool bound) {
  if (value.count() == 0) return "-";
  return (bound ? ">" : "") + format_duration(value);
}

std::string curve(const SearchedScenario& scenario, bool color) {
  TextTable table({{"rate"},
                   {"p50"},
                   {"p95"},
                   {"p99"},
                   {"lost"},
                   {"missed"},
                   {"backlog"},
                   {"cpu"},
                   {"trials"},
                   {"", Align::left}});
  for (const RateStep& step : scenario.result.steps) {
    const RateTrial median = step.median();
    const bool bound = median.missed_share > 0.01;
    table.add({format_rate({step.rate}), latency(median.p50, bound), latency(median.p95, bound),
               latency(median.p99, bound), fmt::format("{}", median.lost),
               fmt::format("{:.1f} %", median.missed_share * 100),
               fmt::format("{:.3g}", median.backlog), fmt::format("{:.2f}", median.cpu),
               fmt::format("{}/{}", step.count(median.verdict), step.trials.size()),
               std::string(to_string(step.label()))},
              color_of(step.label(), color));
  }
  return table.text();
}

std::string_view explain(RateLimit limit) {
  switch (limit) {
    case RateLimit::none: break;
    case RateLimit::loss: return "messages are lost";
    case RateLimit::queue_full: return "the transport is full and refuses or drops";
    case RateLimit::consumer:
      return "messages wait between being sent and being received: the transport or the consumer "
             "is "
             "behind";
    case RateLimit::producer:
      return "messages wait to be sent: the producer, or what a publish costs it, is behind";
  }
  return "not known";
}

std::string bounds(const GoalBounds& bounds) {
  if (!bounds.lower) return "no rate is sure to hold it";
  const std::string lower = format_rate({*bounds.lower});
  if (!bounds.upper) return lower + " and more";
  return fmt::format("{} to {} (within {:.2g} %)", lower, format_rate({*bounds.upper}),
                     (*bounds.upper / *bounds.lower - 1) * 100);
}

/// Between which rates nine trials in ten cease to hold: all budgets, and each by itself.
std::string goals(const SearchedScenario& scenario) {
  std::string text = "bounds       " + bounds(scenario.result.bounds);
  if (scenario.budget.size() > 1) text += " for all budgets together";
  text += "\n";
  if (scenario.budget.size() < 2) return text;
  for (std::size_t i = 0; i < scenario.result.goals.size() && i < scenario.budget.size(); ++i) {
    text +=
        fmt::format("  {}: {}\n", plain_text(scenario.budget[i]), bounds(scenario.result.goals[i]));
  }
  return text;
}

std::string answer(const SearchedScenario& scenario) {
  const RateSearchResult& result = scenario.result;
  if (!result.complete) return "interrupted before there was an answer\n";
  if (!result.sustainable && result.unclear) {
    return fmt::format("cannot be told: at {} {}\n", format_rate({*result.first_miss}),
                       plain_text(result.reason));
  }
  if (!result.sustainable) {
    return fmt::format("no rate holds, not even {}: {}\n", format_rate({scenario.rules.lowest}),
                       plain_text(result.reason));
  }
  std::string text = fmt::format("sustainable  {}", format_rate({*result.sustainable}));
  if (!result.first_miss && result.confirmed) {
    text += fmt::format(": every rate up to {} holds; look further with --max\n",
                        format_rate({scenario.rules.highest}));
    return text + goals(scenario);
  }
  text += result.confirmed ? ": fresh trials confirm that nine in ten hold\n"
                           : ": not confirmed, fresh trials missed more often than one in ten\n";
  text += fmt::format("recommended  {}, with a fifth in reserve\n",
                      format_rate({*result.recommended()}));
  text += goals(scenario);
  if (!result.first_miss) return text;
  if (result.unclear) text += "unclear      the machine hides what lies above it\n";
  text += fmt::format("limit        at {}: {}\n", format_rate({*result.first_miss}),
                      plain_text(result.reason));
  if (result.limit != RateLimit::none)
    text += fmt::format("because      {}\n", explain(result.limit));
  if (result.growth) {
    text += fmt::format("beyond       {}: p95 is {:.3g} times as long at {}\n",
                        result.cliff ? "a cliff" : "it degrades gracefully", *result.growth,
                        format_rate({*result.beyond}));
  }
  return text;
}

}  // namespace

std::string write_search_text(const SearchSession& session, bool color) {
  std::string text;
  for (const SearchedScenario& scenario : session.scenarios) {
    if (!text.empty()) text += "\n";
    text += fmt::format("{}: highest rate with {}\n\n", plain_text(scenario.name),
                        fmt::join(scenario.budget, " and "));
    text += curve(scenario, color) + "\n" + answer(scenario);
  }
  text +=
      "\nFigures are medians of a rate's trials. missed: lost, refused, dropped, unsent or late; "
      "with more\nthan 1 % of it, latencies are lower bounds (>). trials: those that say so, of "
      "all; OK takes nine in ten\nthat hold.\n";
  return text;
}

}  // namespace busmark

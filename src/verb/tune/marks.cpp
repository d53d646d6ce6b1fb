// SPDX-License-Identifier: Apache-2.0
#include "verb/tune/marks.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "stat/statistics.hpp"

namespace busmark {
namespace {

/// Blocks as repetitions of one scenario, as compare_repetitions() wants them.
struct Side {
  StoredRun run;
  std::uint32_t used = 0;
  std::vector<std::string> notes;
  std::string obstacle;  ///< Why there is nothing to compare.
};

/// Tells what the machine did in so many blocks that leaving them out would leave too few: then
/// that is how it is, and may be what is being changed.
void accept_disturbed(std::vector<StoredRepetition>& blocks, const char* when, Side& side) {
  std::size_t disturbed = 0;
  std::string first;
  for (const StoredRepetition& block : blocks) {
    if (!block.disturbed) continue;
    ++disturbed;
    if (first.empty()) first = block.disturbance;
  }
  if (disturbed == 0) return;
  const bool use = disturbed * 2 >= blocks.size();
  side.notes.push_back(fmt::format("{} of {} blocks {} were disturbed and are {}; the first: {}",
                                   disturbed, blocks.size(), when, use ? "used" : "left out",
                                   first));
  if (!use) {
    std::erase_if(blocks, [](const StoredRepetition& block) { return block.disturbed; });
    return;
  }
  for (StoredRepetition& block : blocks) {
    block.disturbed = false;
    block.disturbance.clear();
  }
}

Side side_of(const std::deque<WatchedBlock>& blocks, std::size_t first, const char* when) {
  Side side;
  std::vector<StoredRepetition> repetitions;
  const StoredScenario* pattern = nullptr;
  std::size_t invalid = 0;
  std::string first_invalid;
  for (std::size_t i = first; i < blocks.size(); ++i) {
    const StoredScenario& scenario = blocks[i].scenario;
    const std::string why = why_not_comparable(scenario);
    if (!why.empty() || scenario.repetitions.empty()) {
      if (invalid++ == 0) first_invalid = why;
      continue;
    }
    pattern = &scenario;
    repetitions.push_back(scenario.repetitions.back());
  }
  if (invalid > 0) {
    side.notes.push_back(fmt::format("{} of {} blocks {} are left out; the first {}", invalid,
                                     blocks.size() - first, when, first_invalid));
  }
  accept_disturbed(repetitions, when, side);
  if (pattern == nullptr || repetitions.empty()) {
    side.obstacle = invalid > 0 ? fmt::format("no block {} is of use: it {}", when, first_invalid)
                                : fmt::format("there is no whole block {}", when);
    return side;
  }
  side.used = static_cast<std::uint32_t>(repetitions.size());
  StoredScenario& scenario = side.run.scenarios.emplace_back(*pattern);
  scenario.repetitions = std::move(repetitions);
  return side;
}

/// Those notes that are of the machine; what is said of single repetitions stands already.
void add_notes(TuneLine& line, const ScenarioChange& change) {
  for (const std::string& note : change.notes) {
    if (!note.starts_with("repetition")) line.notes.push_back(note);
  }
}

/// How far the measure moved within a side's blocks, from the first half to the second, as the
/// logarithm of the quotient. 0 where there are too few.
double own_movement(const Side& side, const std::string& name) {
  std::vector<double> values;
  for (const Measure& measure : all_measures()) {
    if (measure.name != name) continue;
    for (const StoredRepetition& block : side.run.scenarios.front().repetitions) {
      const auto value = measure.read(block);
      if (value && *value > 0) values.push_back(*value);
    }
  }
  constexpr std::size_t kFewest = 4;
  if (values.size() < kFewest) return 0;
  const std::size_t half = values.size() / 2;
  return std::log(median(std::span(values).last(half)) / median(std::span(values).first(half)));
}

/// What the machine may do across a mark by itself, as a share. Where both sides moved the same way
/// it drifts: from the middle of one to that of the other it goes as far as both their halves did,
/// and half as much again is asked for, lest half of all drifts pass for changes.
double own_noise(const Side& before, const Side& after, const std::string& measure) {
  const double first = own_movement(before, measure);
  const double second = own_movement(after, measure);
  const double most = std::max(std::abs(first), std::abs(second));
  return std::expm1(first * second > 0 ? std::max(most, 1.5 * std::abs(first + second)) : most);
}

void compare_sides(TuneLine& line, const Side& before, const Side& after, const MarkRules& rules,
                   std::uint32_t look) {
  const CompareOptions options{
      .threshold = rules.threshold, .force = true, .measures = {rules.measure}};
  const RunComparison deciding = compare_repetitions(before.run, after.run, options);
  const ScenarioChange& found = deciding.scenarios.front();
  add_notes(line, found);
  if (found.measures.empty()) {
    line.reason = !found.not_compared.empty()
                      ? found.not_compared
                      : fmt::format("a block has too few samples for {}; use a longer --block",
                                    rules.measure);
    return;
  }
  MeasureChange& judged = line.judged.emplace(found.measures.front());
  judged.p_value = std::min(1.0, judged.p_value * std::pow(2.0, look + 1));
  const bool differs = judged.change == Change::improved || judged.change == Change::regressed;
  if (differs && judged.p_value >= kSignificance) {
    judged.change = Change::inconclusive;
    judged.reason = "too likely by chance so far";
  }
  judged.noise = own_noise(before, after, rules.measure);
  const bool still = judged.change == Change::improved || judged.change == Change::regressed;
  if (still && std::abs(std::log1p(judged.effect)) <= std::log1p(*judged.noise)) {
    judged.change = Change::inconclusive;
    judged.repetitions_needed.reset();
    judged.reason = fmt::format(
        "by itself it moves by up to {:.1f} %, as the blocks before and after show, no less than "
        "across the mark",
        *judged.noise * 100);
  }
  line.change = judged.change;
  line.reason = judged.reason;
}

/// What the change does to the rest; takes a while with many blocks.
void add_others(TuneLine& line, const Side& before, const Side& after, const MarkRules& rules) {
  const CompareOptions rest{.threshold = rules.threshold,
                            .force = true,
                            .measures = {"p50", "p95", "p99", "p99.9", "rate", "cpu"}};
  const RunComparison all = compare_repetitions(before.run, after.run, rest);
  for (const MeasureChange& other : all.scenarios.front().measures) {
    if (other.measure != rules.measure) line.others.push_back(other);
  }
}

}  // namespace

void MarkBook::add(WatchedBlock block) {
  now_.push_back(std::move(block));
  if (open_ && now_.size() >= next_look_) look(now_.size() >= kMostMarkBlocks);
  while (!open_ && now_.size() > kMostMarkBlocks) now_.pop_front();
}

void MarkBook::mark(Nanoseconds earliest, const std::string& label, const std::string& utc,
                    std::vector<std::string> notes) {
  std::erase_if(now_,
                [&](const WatchedBlock& block) { return block.end > earliest - rules_.settle; });
  finish();
  before_.clear();
  std::swap(before_, now_);
  while (before_.size() > kMostMarkBlocks) before_.pop_front();
  TuneLine& line = lines_.emplace_back();
  line.at = utc;
  line.knob = label.empty() ? fmt::format("mark {}", lines_.size()) : label;
  mark_notes_ = std::move(notes);
  line.notes = mark_notes_;
  line.open = true;
  open_ = true;
  looks_ = 0;
  next_look_ = rules_.blocks;
}

void MarkBook::rename(const std::string& label) {
  if (!lines_.empty()) lines_.back().knob = label;
}

void MarkBook::finish() {
  if (open_) look(true);
}

std::optional<std::uint32_t> MarkBook::awaited() const noexcept {
  if (!open_) return std::nullopt;
  return static_cast<std::uint32_t>(next_look_ - std::min(next_look_, now_.size()));
}

void MarkBook::look(bool last) {
  TuneLine& line = lines_.back();
  TuneLine judged;
  judged.at = line.at;
  judged.knob = line.knob;
  judged.notes = mark_notes_;
  const std::size_t fewer = std::min(before_.size(), std::max<std::size_t>(now_.size(), 1));
  const Side before = side_of(before_, before_.size() - fewer, "before");
  const Side after = side_of(now_, 0, "after");
  judged.blocks_before = before.used;
  judged.blocks_after = after.used;
  judged.notes.insert(judged.notes.end(), before.notes.begin(), before.notes.end());
  judged.notes.insert(judged.notes.end(), after.notes.begin(), after.notes.end());
  if (!before.obstacle.empty() || !after.obstacle.empty()) {
    judged.reason = before.obstacle.empty() ? after.obstacle : before.obstacle;
  } else {
    compare_sides(judged, before, after, rules_, looks_);
    if (last || judged.change != Change::inconclusive) add_others(judged, before, after, rules_);
  }
  ++looks_;
  next_look_ = std::min(next_look_ * 2, kMostMarkBlocks);
  const bool decided = judged.change != Change::inconclusive;
  open_ = !decided && !last;
  judged.open = open_;
  if (judged.change == Change::inconclusive && judged.judged) {
    const std::uint32_t have = std::min(before.used, after.used);
    const std::uint32_t needed = judged.judged->repetitions_needed.value_or(0);
    if (needed > have) {
      judged.reason = fmt::format(
          "{} blocks before and {} after cannot tell; wants about {} more "
          "on each side",
          before.used, after.used, needed - have);
    }
  }
  line = std::move(judged);
}

}  // namespace busmark

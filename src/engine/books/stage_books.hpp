// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "busmark/base/clock.hpp"
#include "busmark/bus/message.hpp"
#include "busmark/histogram/histogram.hpp"

#include "engine/books/class_picker.hpp"
#include "engine/phase.hpp"
#include "record/scenario.hpp"
#include "record/subjects.hpp"

namespace busmark {

/// Where the stages of a load and the intervals of its series lie, in ticks from the start of the
/// measured window, and what classes of messages it has. Ascending; the last of each ends with the
/// window. Empty without stages and mix; a mix alone makes one stage of the window.
struct StageGrid {
  StageGrid() = default;
  /// `seed`: that of the repetition, which both ends of a transport go by.
  StageGrid(const Scenario& scenario, const Clock& clock, std::uint64_t seed);

  std::vector<std::int64_t> stages;  ///< Ends.
  std::vector<std::int64_t> late;    ///< From when on a message of the stage counts as overdue.
  std::vector<std::int64_t> cells;   ///< Ends of the intervals.
  ClassPicker classes;
  std::vector<std::int64_t> work;     ///< By class, ticks; empty without a mix.
  std::vector<SubjectTurn> subjects;  ///< By class; empty where none has its own.

  [[nodiscard]] std::size_t class_of(const Message& message) const noexcept {
    return classes.pick(message.producer, message.sequence, message.due);
  }
};

/// Number of intervals in the series of a load in stages. A rest of less than 1 % joins the last.
[[nodiscard]] std::size_t series_length(const Scenario& scenario) noexcept;

/// Finds the part of a grid that a moment lies in. Moments rise but for little, so it walks.
class GridPlace {
 public:
  /// `ends` must outlive it and hold at least one.
  explicit GridPlace(const std::vector<std::int64_t>& ends) noexcept
      : ends_(ends.data()), last_(ends.size() - 1) {}

  /// Index of the part; what lies outside belongs to the first or the last one.
  [[nodiscard]] std::size_t at(std::int64_t moment) noexcept {
    while (place_ < last_ && moment >= ends_[place_]) ++place_;
    while (place_ > 0 && moment < ends_[place_ - 1]) --place_;
    return place_;
  }

 private:
  const std::int64_t* ends_;
  std::size_t last_;
  std::size_t place_ = 0;
};

/// What a producer sent by stage and by interval: messages. One writer. All memory is taken in the
/// constructor.
struct StageProduction {
  StageProduction() = default;
  explicit StageProduction(const StageGrid& grid)
      : stages(grid.stages.size()), cells(grid.cells.size()), classes(grid.classes.size()) {}

  struct ByStage {
    std::uint64_t published = 0;  ///< Due in the stage and tried, as all but `sent`.
    std::uint64_t refused = 0;
    std::uint64_t overdue = 0;  ///< Accepted, but begun only after the stage's end and a grace.
    std::uint64_t sent = 0;     ///< Begun during the stage whenever due, and accepted.
  };
  struct ByCell {
    std::uint64_t due = 0;   ///< Tried, by due time.
    std::uint64_t sent = 0;  ///< Accepted, by the time at which the producer turned to them.
  };
  struct ByClass {
    std::uint64_t published = 0;  ///< Due in the window and tried.
    std::uint64_t refused = 0;
  };
  std::vector<ByStage> stages;
  std::vector<ByCell> cells;
  std::vector<ByClass> classes;
};

/// Keeps a StageProduction while the producer's loop runs.
class StageBookkeeper {
 public:
  /// Both must outlive it; `books` was made for this grid.
  StageBookkeeper(const StageGrid& grid, const Window& window, StageProduction& books) noexcept
      : grid_(&grid),
        books_(&books),
        measure_(window.measure),
        end_(window.end),
        due_stage_(grid.stages),
        sent_stage_(grid.stages),
        due_cell_(grid.cells),
        sent_cell_(grid.cells) {}

  /// Messages that were tried at `now`, of which the first `accepted` were.
  void book(std::span<const Message> batch, std::size_t accepted, std::int64_t now) noexcept {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::int64_t due = batch[i].due - measure_;
      if (due < 0) continue;
      if (!books_->classes.empty()) {
        StageProduction::ByClass& one = books_->classes[grid_->class_of(batch[i])];
        ++one.published;
        one.refused += i >= accepted ? 1U : 0U;
      }
      const std::size_t place = due_stage_.at(due);
      StageProduction::ByStage& stage = books_->stages[place];
      ++stage.published;
      ++books_->cells[due_cell_.at(due)].due;
      if (i >= accepted) {
        ++stage.refused;
        continue;
      }
      if (now - measure_ >= grid_->late[place]) ++stage.overdue;
      if (now >= end_) continue;
      ++books_->stages[sent_stage_.at(now - measure_)].sent;
      ++books_->cells[sent_cell_.at(now - measure_)].sent;
    }
  }

 private:
  const StageGrid* grid_;
  StageProduction* books_;
  std::int64_t measure_;
  std::int64_t end_;
  GridPlace due_stage_;
  GridPlace sent_stage_;
  GridPlace due_cell_;
  GridPlace sent_cell_;
};

/// For a load without stages: nothing to book, and nothing left of it in the loop.
struct NoStageBookkeeper {
  void book(std::span<const Message> /*batch*/, std::size_t /*accepted*/,
            std::int64_t /*now*/) noexcept {}
};

/// What a receiver got by stage, by interval and by class, by the due time of the messages:
/// deliveries of the measured window. One writer. All memory is taken and touched in the
/// constructor.
class StageReception {
 public:
  /// `grid` must outlive it.
  explicit StageReception(const StageGrid& grid)
      : grid_(&grid),
        stages_(grid.stages.size()),
        cells_(grid.cells.size()),
        classes_(grid.classes.size()),
        stage_(grid.stages),
        cell_(grid.cells) {}

  struct ByClass {
    Histogram response;
    std::uint64_t received = 0;  ///< Different messages.
  };

  /// `due` in ticks from the start of the measured window, `response` in nanoseconds. `first`: it
  /// has not been here before.
  void note(const Message& message, std::int64_t due, std::uint64_t response, bool first) noexcept {
    stages_[stage_.at(due)].record(response);
    ++cells_[cell_.at(due)];
    if (classes_.empty()) return;
    ByClass& one = classes_[grid_->class_of(message)];
    one.response.record(response);
    one.received += first ? 1U : 0U;
  }
  /// Response time by stage.
  [[nodiscard]] const std::vector<Histogram>& stages() const noexcept { return stages_; }
  [[nodiscard]] const std::vector<std::uint64_t>& cells() const noexcept { return cells_; }
  [[nodiscard]] const std::vector<ByClass>& classes() const noexcept { return classes_; }

 private:
  const StageGrid* grid_;
  std::vector<Histogram> stages_;
  std::vector<std::uint64_t> cells_;
  std::vector<ByClass> classes_;
  GridPlace stage_;
  GridPlace cell_;
};

}  // namespace busmark

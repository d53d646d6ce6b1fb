// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "verb/tune/ledger.hpp"

namespace busmark {

struct MarkRules {
  std::string measure = "p95";
  double threshold = 0.10;
  std::uint32_t blocks = 20;  ///< After a mark, until the first verdict.
  /// Who changes something marks it a moment later: what ended so shortly before does not count.
  Nanoseconds settle = std::chrono::seconds(3);
};

/// One scenario measured for a moment, and when, from the start of the session.
struct WatchedBlock {
  Nanoseconds begin{};
  Nanoseconds end{};
  StoredScenario scenario;  ///< With one repetition.
};

/// Blocks that follow each other, and marks between them: what was before a mark against what came
/// after it. The blocks before are the last ones, as many as there are after.
///
/// A verdict is given at `blocks` after the mark, and where it is inconclusive again at twice as
/// many, and so on; each look has half the 5 % of the one before, so that looking often finds no
/// more by chance (alpha spending). A difference must also exceed what a machine that drifts would
/// make of it, by the movement within the blocks of either side. What a mark cannot tell is whether
/// something else changed at the same moment.
class MarkBook {
 public:
  explicit MarkBook(MarkRules rules) : rules_(std::move(rules)) {}

  /// In order of time.
  void add(WatchedBlock block);
  /// Somebody marked, at `earliest` or since. Ends the mark before it. `label` may be empty;
  /// `notes`: what is known to have changed.
  void mark(Nanoseconds earliest, const std::string& label, const std::string& utc,
            std::vector<std::string> notes);
  /// What the last mark is to be called.
  void rename(const std::string& label);
  /// Judges an open mark by what there is.
  void finish();

  /// One line for each mark, in their order; the last one may be open.
  [[nodiscard]] const std::vector<TuneLine>& lines() const noexcept { return lines_; }
  /// Blocks after the last mark until its next verdict; none where it is decided.
  [[nodiscard]] std::optional<std::uint32_t> awaited() const noexcept;
  /// Blocks that the next mark would be compared with.
  [[nodiscard]] std::size_t usable_before() const noexcept { return now_.size(); }

 private:
  void look(bool last);

  MarkRules rules_;
  std::deque<WatchedBlock> before_;
  std::deque<WatchedBlock> now_;
  std::vector<TuneLine> lines_;
  std::vector<std::string> mark_notes_;  ///< Of the last mark.
  bool open_ = false;
  std::uint32_t looks_ = 0;
  std::size_t next_look_ = 0;  ///< Blocks after the mark.
};

/// The most blocks on either side of a mark.
inline constexpr std::size_t kMostMarkBlocks = 640;

}  // namespace busmark

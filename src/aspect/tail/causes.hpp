// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

/// The slow messages of one scenario, of the repetitions that count. Refers to the run.
struct SlowTail {
  struct Episode {
    const SlowEvent* event = nullptr;
    std::uint32_t repetition = 0;  ///< From 1.
  };
  /// Of the episodes that are kept.
  struct Share {
    SlowCause cause = SlowCause::unknown;
    std::uint64_t episodes = 0;
    std::uint64_t messages = 0;
    Nanoseconds worst{};
  };

  std::string scenario;
  Nanoseconds over{};
  std::uint64_t received = 0;  ///< Slow or not.
  std::uint64_t messages = 0;
  std::uint64_t episodes = 0;
  std::vector<Episode> worst{};  ///< The slowest first.
  std::vector<Share>
      causes{};  ///< Those that there were, in the order in which they are looked for.
};

/// One for each scenario that was to explain its tail, in the order of the run.
[[nodiscard]] std::vector<SlowTail> slow_tails(const StoredRun& run);

/// As many of the worst episodes are told one by one.
inline constexpr std::size_t kWorstEpisodes = 5;

/// `40 of 1000 messages took longer than 100us, in 9 episodes`.
[[nodiscard]] std::string extent_text(const SlowTail& tail);
/// What a cause means to who has not read the manual.
[[nodiscard]] std::string_view meaning_of(SlowCause cause) noexcept;
/// What was counted around an event: only what is not nothing. Not escaped.
[[nodiscard]] std::string evidence_text(const SlowEvidence& evidence);

/// Titles and cells of the two tables that most forms have; cells are not escaped. The first column
/// is the scenario's name, the last one is words.
[[nodiscard]] std::vector<std::string> cause_titles();
[[nodiscard]] std::vector<std::string> cause_cells(const SlowTail& tail,
                                                   const SlowTail::Share& share);
[[nodiscard]] std::vector<std::string> episode_titles();
[[nodiscard]] std::vector<std::string> episode_cells(const SlowTail& tail,
                                                     const SlowTail::Episode& episode);

}  // namespace busmark

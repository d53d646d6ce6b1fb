// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/config_options.hpp"
#include "engine/live_progress.hpp"
#include "verb/ab/judge.hpp"

namespace busmark {

/// One side of an interleaved comparison, as the user wrote it.
struct AbSide {
  std::vector<std::string> settings;  ///< As of `--set`.
  std::filesystem::path program;      ///< Empty: this busmark.
  /// `transport=queue/spsc by /opt/busmark`: for people.
  [[nodiscard]] std::string text() const;
};

/// What a block measures.
struct AbBlockPlan {
  ConfigOptions config;
  AbSide a;
  AbSide b;
  Nanoseconds duration{};  ///< Measured time of a scenario in a block.
  std::uint32_t blocks = 0;
  std::uint64_t seed = 1;
  std::optional<Nanoseconds> at_most{};  ///< Longest time of all blocks, for people; none: theirs.
};

/// Called with every block: which arm, which block from 0, and what its scenarios gave. False ends
/// the comparison.
using AbBlockSink = std::function<bool(AbArm arm, std::uint32_t block, const StoredRun& run)>;

/// `transport=queue/spsc,payload=64` as settings of `--set`: a key without a point is one of the
/// scenarios, commas within brackets, braces and quotes do not separate. Throws ConfigError, which
/// names `flag`.
[[nodiscard]] std::vector<std::string> parse_side(const std::string& text, const std::string& flag);

/// The config with everything of `side` and the times of a block. Throws ConfigError.
[[nodiscard]] RunConfig side_config(const AbBlockPlan& plan, const AbSide& side);

/// The last line that a program printed, for a message.
[[nodiscard]] std::string last_line(const std::filesystem::path& log);

/// Runs the blocks in the order of `arms`, in this process. Ends early when `stop` is set: the
/// block then running is not handed over.
void run_blocks_here(const AbBlockPlan& plan, const std::vector<AbArm>& arms, const StopFlag& stop,
                     const AbBlockSink& sink);
/// The same, each block by the program of its side. Throws SetupError where one gives no result.
void run_blocks_by_programs(const AbBlockPlan& plan, const std::vector<AbArm>& arms,
                            const StopFlag& stop, const AbBlockSink& sink);

}  // namespace busmark

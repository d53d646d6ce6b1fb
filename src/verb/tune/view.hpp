// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "judge/summary.hpp"
#include "verb/tune/ledger.hpp"

namespace busmark {

/// One measured core over the last seconds.
struct TuneViewCore {
  CpuId cpu{};
  bool probed = false;
  double lost_share = 0;       ///< Of the time, for a thread that only spins; of the probes.
  double gaps_per_second = 0;  ///< Of 1 us and more.
  Nanoseconds longest{};
  /// What interrupted it, name and how often in a second, the most frequent first.
  std::vector<std::pair<std::string, double>> interrupts{};
};

/// What somebody who tunes a machine looks at: a value, so that the picture is pure.
struct TuneView {
  std::string scenario;
  std::string settings;  ///< `queue/mutex, wait yield, batch 1, 100k/s`
  Nanoseconds elapsed{};
  Nanoseconds window{};       ///< What the figures are of: the last so many seconds.
  std::uint32_t blocks = 0;   ///< Measured so far.
  std::uint32_t invalid = 0;  ///< Of them.
  std::optional<ScenarioSummary> now{};
  std::string trouble{};   ///< Why the last block counts for little; empty when it does.
  MessageCounts counts{};  ///< Of the whole session.
  std::vector<TuneViewCore> cores{};
  std::string measure = "p95";
  /// Of the last blocks, the newest last; none where a block could not tell. Nanoseconds, or
  /// messages per second.
  std::vector<std::optional<double>> course{};
  std::vector<TuneLine> lines{};
  std::optional<std::uint32_t> awaited{};  ///< Blocks until the verdict on the last mark.
  std::optional<std::string> label{};      ///< What is being typed as the last mark's name.
};

/// At most `height` lines of at most `width` columns, each with a newline; plain ASCII but for
/// colours. What does not fit is left out, the oldest marks and the last cores first. Pure.
[[nodiscard]] std::string write_tune_view(const TuneView& view, std::size_t width,
                                          std::size_t height, bool color);

/// The same in one line, for what is no terminal; with a newline. Pure.
[[nodiscard]] std::string write_tune_status(const TuneView& view);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "judge/compare.hpp"

namespace busmark {

/// What the shell is told. The table stands in README.md, too.
enum class ExitCode : int {
  ok = 0,             ///< Everything passed, perhaps with warnings.
  budget_failed = 1,  ///< A budget failed; with --strict also a warning or an undecided one. In the
                      ///< self-test: the instrument is wrong; plugin check: a promise is broken.
  usage = 2,          ///< The command line, the config or the machine refuses.
  regression = 3,     ///< A comparison has confirmed one.
  invalid = 4,        ///< A result that cannot be trusted, a self-test that could not decide, or
                      ///< a machine that is not fit.
  nothing_ran = 5,    ///< Only skipped scenarios.
  undecided = 6,      ///< A budget is INCONCLUSIVE, and no budget failed.
  inconclusive = 125,  ///< With --fail-inconclusive; `git bisect run` then skips the commit.
  interrupted = 130,
};

/// The same as every help ends.
inline constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0    all passed; warnings included, unless --strict\n"
    "  1    a budget failed; soak: a leak; selftest: the instrument is wrong;\n"
    "       plugin check: a promise is broken\n"
    "  2    the command line, the config, the machine or the output refuses\n"
    "  3    a comparison has confirmed a regression\n"
    "  4    a result cannot be trusted; soak: cannot be told yet; selftest: too\n"
    "       disturbed; doctor: unfit\n"
    "  5    nothing ran\n"
    "  6    a budget is inconclusive, and none failed; 0 with --lenient\n"
    "  125  inconclusive, with --fail-inconclusive\n"
    "  130  interrupted; what was measured is written and marked so";

/// What becomes of a budget that neither clearly holds nor clearly fails.
enum class Gate : std::uint8_t {
  usual,    ///< A warning passes; what is undecided has a code of its own.
  strict,   ///< Both count as failed.
  lenient,  ///< Both pass.
};

/// Invalid beats failed: what cannot be trusted must not be read as a regression.
[[nodiscard]] ExitCode exit_code(const StoredRun& run, Gate gate) noexcept;

/// The code of a run that was compared with another: its own failure comes first, for what is
/// invalid has not regressed, and a regression before what is undecided.
[[nodiscard]] ExitCode worse_of(ExitCode run, ExitCode comparison) noexcept;

/// A confirmed regression beats what could not be compared since it is invalid.
[[nodiscard]] ExitCode exit_code(const RunComparison& comparison, bool fail_inconclusive) noexcept;

}  // namespace busmark

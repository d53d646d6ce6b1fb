// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/writer.hpp"
#include "verb/tune/ledger.hpp"

namespace busmark {

inline constexpr const char* kTuneSchema = "busmark.tune/1";

/// `busmark.tune/1`: every line with its figures and the command that repeats it. Pure.
[[nodiscard]] std::string write_tune_json(const TuneLedger& ledger);

/// One line of the ledger for people, without a newline:
/// `wait yield -> spin: kept; p95 12.3us -> 1.2us, -90.2 % (95 %: -91.0 .. -89.1), p 0.003`.
[[nodiscard]] std::string tune_line_text(const TuneLine& line);

/// The whole ledger: a table, what was not tried and why, the command of each line, what the
/// machine's owner could do. Only the suggestions' commands may be wider than 80 columns. Pure.
[[nodiscard]] std::string write_tune_text(const TuneLedger& ledger, bool color);

/// The config that `--auto` ends with, for `busmark run`: `scenario` and `run` with what was kept,
/// and comments that say what each change gained. `transport_tables`: see ConfigRemarks. Pure.
[[nodiscard]] std::string write_tuned_config(const TuneLedger& ledger, const RunOptions& run,
                                             const Scenario& scenario,
                                             const std::string& transport_tables);

/// The command of `busmark ab` for these words, as a POSIX shell reads it.
[[nodiscard]] std::string tune_command(const std::vector<std::string>& words);

}  // namespace busmark

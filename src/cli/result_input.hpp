// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "record/run.hpp"

namespace busmark {

/// Where baselines lie below the folder for results.
[[nodiscard]] std::filesystem::path baseline_folder(const std::filesystem::path& out);
/// The file of a baseline. Throws ConfigError, naming `where`, for what is no name of one.
[[nodiscard]] std::filesystem::path baseline_file(const std::filesystem::path& out,
                                                  const std::string& name,
                                                  const std::string& where);

/// The files of a baseline, oldest first: NAME.json and, of a set, 2.json, 3.json ... in NAME.set
/// beside it. Empty where there is no such baseline.
[[nodiscard]] std::vector<std::filesystem::path> baseline_runs(const std::filesystem::path& file);
/// Where the next run of a set belongs.
[[nodiscard]] std::filesystem::path next_baseline_run(const std::filesystem::path& file);
/// The folder of a set's further runs.
[[nodiscard]] std::filesystem::path baseline_set(const std::filesystem::path& file);

/// Reads a stored result: `name` is a file, a folder with a result.json, or with the journal of a
/// run that was cut, or else a baseline below `out`, whose newest run it then is. Throws SetupError
/// where there is none, ConfigError where it is no result.
[[nodiscard]] StoredRun read_result(const std::string& name, const std::filesystem::path& out);

/// All runs that `names` stand for, in their order: those of read_result(), of a baseline the whole
/// set, and of a folder of runs (those with a result.json in it) each, by name. Throws as it does.
[[nodiscard]] std::vector<StoredRun> read_results(const std::vector<std::string>& names,
                                                  const std::filesystem::path& out);

/// The bytes of a result file, at most kLongestResult. Throws SetupError.
[[nodiscard]] std::string read_result_file(const std::filesystem::path& file);

}  // namespace busmark

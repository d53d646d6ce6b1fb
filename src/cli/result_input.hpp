// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "busmark/analysis/stored_run.hpp"

namespace busmark {

/// Where baselines lie below the folder for results.
[[nodiscard]] std::filesystem::path baseline_folder(const std::filesystem::path& out);
/// The file of a baseline. Throws ConfigError, naming `where`, for what is no name of one.
[[nodiscard]] std::filesystem::path baseline_file(const std::filesystem::path& out,
                                                  const std::string& name,
                                                  const std::string& where);

/// Reads a stored result: `name` is a file, a folder with a result.json, or else a baseline below
/// `out`. Throws SetupError where there is none, ConfigError where it is no result.
[[nodiscard]] StoredRun read_result(const std::string& name, const std::filesystem::path& out);

/// The bytes of a result file, at most kLongestResult. Throws SetupError.
[[nodiscard]] std::string read_result_file(const std::filesystem::path& file);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "busmark/base/units.hpp"

namespace busmark {

/// First line of a kernel file; empty when there is none.
[[nodiscard]] std::optional<std::string> read_line(const std::filesystem::path& path);
/// Number at the start of a file; empty when it is absent or none.
[[nodiscard]] std::optional<int> read_int(const std::filesystem::path& path);
/// A CPU list; empty when the file is absent or not understood.
[[nodiscard]] std::optional<std::vector<CpuId>> read_list(const std::filesystem::path& path);

/// `Cpus_allowed_list` of `<root>/proc/self/status`.
[[nodiscard]] std::optional<std::vector<CpuId>> allowed_by_status(
    const std::filesystem::path& root);
/// The effective cpuset of the process's cgroup, version 2 or 1; empty where none can be read.
[[nodiscard]] std::optional<std::vector<CpuId>> allowed_by_cgroup(
    const std::filesystem::path& root);

}  // namespace busmark

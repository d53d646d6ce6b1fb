// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/build_info.hpp"
#include "record/machine.hpp"

namespace busmark {

/// Reads /proc and /sys below `root`. Never throws for what is missing.
[[nodiscard]] Environment read_environment(const std::filesystem::path& root = "/");

}  // namespace busmark

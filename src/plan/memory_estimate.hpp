// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "busmark/base/units.hpp"

#include "record/scenario.hpp"

namespace busmark {

/// About what one repetition takes: sequence audits, queues, payloads, subjects and histograms.
[[nodiscard]] ByteCount estimate_memory(const Scenario& scenario);

/// What the kernel could still give (MemAvailable of /proc/meminfo); empty where it does not tell.
[[nodiscard]] std::optional<ByteCount> available_memory(const std::filesystem::path& root = "/");

/// Why the scenario does not fit into `available`, as one sentence with the cure; empty when it
/// does.
[[nodiscard]] std::optional<std::string> check_memory(const Scenario& scenario,
                                                      std::optional<ByteCount> available);

}  // namespace busmark

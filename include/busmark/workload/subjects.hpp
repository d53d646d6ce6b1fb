// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "busmark/workload/scenario.hpp"

namespace busmark {

/// The template that `subjects = N` stands for: `busmark.{0..N-1}`. N is at least 1.
[[nodiscard]] std::string numbered_subjects(std::uint64_t count);

/// How a result shows the subjects: the count where they are numbered, else the template.
[[nodiscard]] std::string show_subjects(const std::string& subjects);

/// Why the subscriptions do not fit the subjects, as one sentence with the cure; empty when every
/// subject is matched by exactly one pattern, so that each message reaches a consumer once. Takes
/// about a second for a million subjects.
[[nodiscard]] std::optional<std::string> check_subjects(const Scenario& scenario);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "machine/examination.hpp"
#include "record/budget.hpp"
#include "record/diagnosis.hpp"

namespace busmark {

/// Runs every check. Budgets other than of latency are left out. Pure.
[[nodiscard]] Diagnosis diagnose(const Examination& examination, std::span<const Budget> budgets);

/// Names of the groups in their order.
[[nodiscard]] std::span<const std::string_view> doctor_groups() noexcept;

}  // namespace busmark

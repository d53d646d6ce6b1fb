// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "busmark/base/units.hpp"

#include "record/budget.hpp"
#include "record/load.hpp"

namespace busmark {

/// Asked share of each class, of 1 in all.
[[nodiscard]] std::vector<double> class_shares(std::span<const MessageClass> classes);
/// Whether `metric` is kept by class, so that a class may have a budget of it.
[[nodiscard]] bool is_kept_by_class(Metric metric) noexcept;

}  // namespace busmark

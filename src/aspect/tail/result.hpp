// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "busmark/base/units.hpp"

#include "aspect/tail/kernel_watch.hpp"
#include "engine/observer.hpp"
#include "record/tail.hpp"

namespace busmark {

/// Why an event came about, by its evidence alone. Pure.
[[nodiscard]] SlowCause cause_of(const SlowEvent& event) noexcept;
/// A measured thread and its place among those of a KernelMoment.
struct NamedThread {
  std::size_t place = 0;
  std::string name;
};
/// What was counted from the last of `moments` before `begin` to the first behind `end` (ticks).
/// `moments` rise in time and are not empty.
[[nodiscard]] SlowEvidence evidence_between(std::span<const KernelMoment> moments,
                                            std::span<const NamedThread> threads,
                                            std::int64_t begin, std::int64_t end,
                                            const Clock& clock);

/// Watches the kernel during a repetition, and lets all final receivers keep their slow messages;
/// null where no tail is to be explained.
[[nodiscard]] std::unique_ptr<Observer> observe_kernel(const RepetitionPlan& plan);

}  // namespace busmark

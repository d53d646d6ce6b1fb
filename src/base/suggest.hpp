// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace busmark {

/// The name that `word` was most likely meant to be: the fewest letters inserted, removed, changed
/// or swapped with their neighbour (optimal string alignment, case ignored), at most a third of the
/// word; else the one name that `word` begins. The earlier of two equals. Empty when none is near.
[[nodiscard]] std::optional<std::string_view> nearest_name(std::string_view word,
                                                           std::span<const std::string_view> names);

/// End of a message about an unknown `word`: `did you mean "payload"?`, or `use a, b or c` where no
/// name is near.
[[nodiscard]] std::string suggestion(std::string_view word,
                                     std::span<const std::string_view> names);

/// `a, b or c`.
[[nodiscard]] std::string alternatives(std::span<const std::string_view> names);

}  // namespace busmark

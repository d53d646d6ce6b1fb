// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace busmark {

/// The most messages that one queue or inbox of `transport` holds where `capacity` was asked for:
/// queues round it up, one of blocks fills its last. Empty where the queues are not ours.
[[nodiscard]] std::optional<std::size_t> held_capacity(std::string_view transport,
                                                       std::size_t capacity);

}  // namespace busmark

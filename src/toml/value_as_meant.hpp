// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "toml/tree.hpp"

namespace busmark {

// What was meant by a value of the config, as a message shows it; empty where that is not clear.

/// A number as it was written; empty for anything else.
[[nodiscard]] std::string shown_number(const Value& value);
/// The whole number, or the list of such, that a text or a fraction stands for.
[[nodiscard]] std::string meant_whole(const Value& value, std::int64_t lowest,
                                      std::int64_t highest);
/// `true` or `false`, for other words of them.
[[nodiscard]] std::string_view meant_truth(const Value& value);
/// `["spin", "park"]` for `spin,park`, of words that are all in `known`.
[[nodiscard]] std::string meant_words(std::string_view text,
                                      std::span<const std::string_view> known);
/// Whether this is what other tools call a load without a limit.
[[nodiscard]] bool is_no_limit(std::string_view text);

}  // namespace busmark

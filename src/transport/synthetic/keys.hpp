// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "record/synthetic_options.hpp"
#include "toml/tree.hpp"

namespace busmark {

/// Reads keys of `[transport.synthetic]`.
void read_synthetic_keys(std::span<const Value::Entry> entries, Problems& problems,
                         SyntheticOptions& options);
[[nodiscard]] std::span<const std::string_view> synthetic_key_names() noexcept;

}  // namespace busmark

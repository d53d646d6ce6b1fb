// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace busmark {

/// The budget that was meant by one of another spelling: `p(95)<500` of k6 is `p95 < 500ms`, and
/// `avg<2s` is `mean < 2s`. Empty where it is not clear. Not every such text is a budget.
[[nodiscard]] std::optional<std::string> meant_budget(std::string_view text);

}  // namespace busmark

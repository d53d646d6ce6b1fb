// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "judge/compare.hpp"

namespace busmark {

/// What the charts of the HTML report draw, as JSON that can stand inside a script element: no `<`
/// is in it. `comparison` may be null.
///
/// Long runs are shortened, never dropped: neighbouring intervals of a repetition are merged where
/// a scenario has more than the page can hold, and show the worst of each percentile.
[[nodiscard]] std::string write_html_data(const StoredRun& run, const RunComparison* comparison);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "record/run.hpp"
#include "record/run_result.hpp"

namespace busmark {

/// The run as an HdrHistogram interval log (.hlog): one line per scenario, kind and interval,
/// tagged `<scenario>:response` and `<scenario>:service`, values in nanoseconds. Only the
/// repetitions behind the reported figures are in it, so merging a tag gives the counts of the
/// result. `stored`, what is kept of the same run, says which these are. Pure.
[[nodiscard]] std::string write_result_log(const RunResult& run, const StoredRun& stored);

/// The tag of a scenario's lines; `kind` is `response` or `service`.
[[nodiscard]] std::string log_tag(std::string_view scenario, std::string_view kind);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "record/run.hpp"

namespace busmark {

inline constexpr std::string_view kResultSchema = "busmark.result/1";

/// The whole run as strict JSON (docs/result.schema.json), indented, with a final newline.
/// Durations are integer nanoseconds, rates messages per second, what is unknown or withheld is
/// null; there is no NaN. Pure: the same run gives the same bytes.
[[nodiscard]] std::string write_result_json(const StoredRun& run);

/// The JSON Schema of such a document, indented, with a final newline.
[[nodiscard]] std::string result_schema();

/// Reads what write_result_json() has written, and what later versions of the same schema write:
/// keys it does not know are passed over. Nothing is believed: text of any origin and size either
/// becomes a run whose numbers are in range or a ConfigError with one diagnostic, which names
/// `source`, the path in the JSON, what is wrong there and what to do. Reading a written run and
/// writing it again gives the same bytes.
[[nodiscard]] StoredRun read_result_json(std::string_view text, const std::string& source);

/// Longer files are refused before they are read to their end.
inline constexpr std::size_t kLongestResult = std::size_t{256} << 20;

}  // namespace busmark

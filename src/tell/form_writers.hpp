// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "judge/advice.hpp"
#include "record/shown.hpp"
#include "tell/forms.hpp"

namespace busmark {

[[nodiscard]] std::vector<FormFile> write_text(const StoredRun& run);
std::vector<FormFile> write_json(const StoredRun& run);
std::vector<FormFile> write_markdown(const StoredRun& run);
std::vector<FormFile> write_html(const StoredRun& run);
std::vector<FormFile> write_html_compared(const StoredRun& run, const RunComparison& comparison);
void require_html();
std::vector<FormFile> write_csv(const StoredRun& run);
std::vector<FormFile> write_csv_intervals(const StoredRun& run);
std::vector<FormFile> write_csv_stages(const StoredRun& run);
[[nodiscard]] std::vector<FormFile> write_csv_classes(const StoredRun& run);
[[nodiscard]] std::vector<FormFile> write_csv_slow(const StoredRun& run);
std::vector<FormFile> write_junit(const StoredRun& run);
std::vector<FormFile> write_prometheus(const StoredRun& run);
std::vector<FormFile> write_google_benchmark(const StoredRun& run);
std::vector<FormFile> write_gab_latency(const StoredRun& run);
std::vector<FormFile> write_gab_rate(const StoredRun& run);
std::vector<FormFile> write_bencher(const StoredRun& run);
std::vector<FormFile> write_hgrm(const StoredRun& run);

/// The run in a few sentences; plain text, as all that follows.
std::vector<std::string> summary_sentences(const StoredRun& run);
/// What was measured where and with what, in pairs of a word and its value.
std::vector<std::pair<std::string, std::string>> environment_facts(const StoredRun& run);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tell/forms.hpp"

namespace busmark {

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

/// What the numbers of a run point at, and what to do next; sentences in plain text.
std::vector<std::string> find_bottlenecks(const StoredRun& run);
std::vector<std::string> find_next_steps(const StoredRun& run);

/// A budget's value or limit in its own unit: `4.2ms`, `99k/s`, `3`; `-` for none.
std::string budget_number(const StoredBudget& budget, const std::optional<double>& value);
/// The same of what it reads; `never` where that is for ever.
std::string budget_value(const StoredBudget& budget);
/// `+12.3 %`; `-` for none.
std::string margin_text(const std::optional<double>& margin);
/// A percentile of the summary; empty where it is withheld.
std::optional<Nanoseconds> value_of(const LatencySummary& latency, Percentile percentile);
/// `5 of 9 scenarios passed, 1 warned, 2 failed`.
std::string verdict_tally(const StoredRun& run);
std::size_t count_of(const StoredRun& run, Verdict verdict);

}  // namespace busmark

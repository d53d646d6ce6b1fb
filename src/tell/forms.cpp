// SPDX-License-Identifier: Apache-2.0
#include "tell/forms.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/meant/loose.hpp"
#include "base/quote.hpp"
#include "record/store/json_writer.hpp"
#include "tell/annotations.hpp"
#include "tell/form_writers.hpp"
#include "tell/percentile_distribution.hpp"

namespace busmark {
namespace {

constexpr std::array kForms{
    Form{"text", ".txt", "what `busmark run` prints at its end", write_text},
    Form{"json", ".json", "busmark.result/1, as `--json` writes it", write_json},
    Form{"md", ".md", "Markdown: summary, compliance, next steps", write_markdown},
    Form{"html", ".html", "one page with charts, nothing loaded", write_html, write_html_compared,
         require_html},
    Form{"csv", ".csv", "one row per scenario", write_csv},
    Form{"csv-intervals", ".intervals.csv", "one row per interval", write_csv_intervals},
    Form{"csv-stages", ".stages.csv", "one row per stage of a load", write_csv_stages},
    Form{"csv-classes", ".classes.csv", "one row per class of a mix", write_csv_classes},
    Form{"csv-slow", ".slow.csv", "one row per slow episode", write_csv_slow},
    Form{"junit", ".xml", "JUnit XML, a test case per budget", write_junit},
    Form{"prom", ".prom", "Prometheus, for the textfile collector", write_prometheus},
    Form{"gbench", ".gbench.json", "google-benchmark, for its compare.py", write_google_benchmark},
    Form{"gab", ".gab.json", "github-action-benchmark: latency", write_gab_latency},
    Form{"gab-rate", ".gab-rate.json", "github-action-benchmark: rate", write_gab_rate},
    Form{"bmf", ".bmf.json", "Bencher Metric Format, with intervals", write_bencher},
    Form{"hgrm", ".hgrm", "HdrHistogram in us, a file per scenario", write_hgrm},
};

}  // namespace

std::span<const Form> all_forms() noexcept { return kForms; }

const Form* find_form(std::string_view name) noexcept {
  const auto found = std::find_if(kForms.begin(), kForms.end(),
                                  [name](const Form& form) { return form.name == name; });
  return found == kForms.end() ? nullptr : &*found;
}

const Form* form_of_file(std::string_view file) {
  const std::string name = in_small(file);
  const Form* best = nullptr;
  for (const Form& form : kForms) {
    const bool longer = best == nullptr || form.ending.size() > best->ending.size();
    if (name.ends_with(form.ending) && longer) best = &form;
  }
  return best;
}

std::vector<FormFile> write_json(const StoredRun& run) { return {{"", write_result_json(run)}}; }

std::string write_annotations(const StoredRun& run) {
  using Level = Annotation::Level;
  constexpr double kFirst = -std::numeric_limits<double>::infinity();
  std::vector<Annotation> all;
  for (const StoredScenario& scenario : run.scenarios) {
    const std::string title = "busmark: " + scenario.name;
    if (scenario.verdict == Verdict::invalid && !scenario.reasons.empty()) {
      all.push_back({Level::error, kFirst, title, "INVALID: " + scenario.reasons.front()});
      continue;
    }
    for (const StoredBudget& budget : scenario.budgets) {
      if (budget.verdict == Verdict::pass || budget.verdict == Verdict::skip) continue;
      const bool error = budget.verdict == Verdict::fail || budget.verdict == Verdict::invalid;
      all.push_back({error ? Level::error : Level::warning, budget.margin.value_or(kFirst), title,
                     fmt::format("{} {}: {}, {}", to_string(budget.verdict), budget.shown(),
                                 budget_value(budget), budget.reason)});
    }
  }
  return write_worst(std::move(all));
}

std::vector<FormFile> write_hgrm(const StoredRun& run) {
  std::vector<FormFile> files;
  for (const StoredScenario& scenario : run.scenarios) {
    if (scenario.verdict == Verdict::skip) continue;
    if (!scenario.histograms) {
      throw SetupError(
          fmt::format("{} has no histogram in this result, as results of older "
                      "versions of busmark; measure again, or read its .hlog with "
                      "busmark hist --hgrm",
                      in_quotes(scenario.name, 100)));
    }
    files.push_back({scenario.name, percentile_distribution(scenario.histograms->response)});
  }
  return files;
}

}  // namespace busmark

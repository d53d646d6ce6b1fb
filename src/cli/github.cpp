// SPDX-License-Identifier: Apache-2.0
#include "cli/github.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "cli/console.hpp"
#include "tell/compare_text.hpp"
#include "tell/forms.hpp"

namespace busmark {
namespace {

/// GitHub drops the whole summary of a step above 1 MiB; some of it may be another program's.
constexpr std::size_t kLongestSummary = 512 << 10;

std::string shortened(const std::string& markdown) {
  if (markdown.size() <= kLongestSummary) return markdown;
  const std::size_t end = markdown.rfind('\n', kLongestSummary);
  return markdown.substr(0, end + 1) +
         "\nThe rest is left out, as GitHub takes no longer summary; `busmark report` has it "
         "all.\n";
}

std::string summary_file() {
  const char* file = std::getenv("GITHUB_STEP_SUMMARY");
  if (file == nullptr || *file == '\0') {
    throw SetupError(
        "--gha is for GitHub Actions: GITHUB_STEP_SUMMARY names no file; leave --gha out, or name "
        "a file for the summary in it");
  }
  return file;
}

void append_to_summary(const std::string& markdown) {
  const std::string file = summary_file();
  errno = 0;
  std::ofstream out(file, std::ios::app | std::ios::binary);
  out << shortened(markdown) << std::flush;
  if (!out) {
    throw SetupError(fmt::format("{} (GITHUB_STEP_SUMMARY) cannot be written: {}",
                                 in_quotes(file, 200), std::strerror(errno)));
  }
}

}  // namespace

void require_github() { (void)summary_file(); }

void tell_github(const RunComparison& comparison) {
  append_to_summary(write_compare_markdown(comparison));
  fmt::print(stderr, "{}", write_annotations(comparison));
}

void tell_github(const StoredRun& run) {
  append_to_summary(find_form("md")->write(run).front().text);
  fmt::print(stderr, "{}", write_annotations(run));
}

}  // namespace busmark

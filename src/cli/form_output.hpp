// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tell/forms.hpp"

namespace busmark {

/// A file of `--report` with the form that its ending asks for.
struct FormTarget {
  std::filesystem::path file;
  const Form* form = nullptr;
};

/// Throws ConfigError where an ending asks for no form, SetupError where a file cannot be written.
[[nodiscard]] std::vector<FormTarget> plan_reports(const std::vector<std::string>& files);

/// Writes the form to `file`; a form of several files puts the name of each before the ending:
/// `out-<scenario>.hgrm`, where there is more than one. Throws SetupError, which names `flag`.
/// `comparison`: shown where the form can; may be null.
void write_form(const FormTarget& target, const StoredRun& run, std::string_view flag,
                const RunComparison* comparison = nullptr);
/// As text, one or several files.
[[nodiscard]] std::vector<FormFile> render(const Form& form, const StoredRun& run,
                                           const RunComparison* comparison);

/// `  md             Markdown: ...`, a line for each form.
[[nodiscard]] std::string list_forms();
/// `--to` or a file's ending; throws ConfigError, which names `where` and the nearest form.
[[nodiscard]] const Form& form_named(std::string_view name, std::string_view where);

}  // namespace busmark

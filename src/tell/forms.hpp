// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "judge/compare.hpp"

namespace busmark {

/// One file of a form.
struct FormFile {
  std::string part;  ///< Told apart by this where a form makes several files; else empty.
  std::string text;
};

/// A form in which a stored result can be written. Writers are pure: the same result gives the same
/// bytes. They throw SetupError where a result lacks what the form needs.
struct Form {
  std::string_view name;     ///< As in `--to`.
  std::string_view ending;   ///< Of file names, as in `--report`: `.md`, `.gab.json`.
  std::string_view summary;  ///< For --help.
  std::vector<FormFile> (*write)(const StoredRun& run) = nullptr;
  /// The same with a comparison in it; null where the form shows none.
  std::vector<FormFile> (*write_compared)(const StoredRun& run,
                                          const RunComparison& comparison) = nullptr;
  /// Throws SetupError where this build cannot write the form; null where each can.
  void (*require)() = nullptr;
};

[[nodiscard]] std::span<const Form> all_forms() noexcept;
/// Null where there is none of that name.
[[nodiscard]] const Form* find_form(std::string_view name) noexcept;
/// The form with the longest ending that `file` has; null for none.
[[nodiscard]] const Form* form_of_file(std::string_view file);

/// GitHub workflow commands (`::error title=...::...`), one a line, for what did not pass.
[[nodiscard]] std::string write_annotations(const StoredRun& run);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "cli/form_output.hpp"

#include <set>
#include <string_view>

#include <fmt/format.h>

#include "busmark/base/error.hpp"

#include "base/escape.hpp"
#include "base/meant/loose.hpp"
#include "base/quote.hpp"
#include "base/suggest.hpp"
#include "cli/output.hpp"

namespace busmark {
namespace {

namespace fs = std::filesystem;

std::string all_endings() {
  std::vector<std::string_view> endings;
  for (const Form& form : all_forms()) endings.push_back(form.ending);
  return alternatives(endings);
}

}  // namespace

std::vector<FormTarget> plan_reports(const std::vector<std::string>& files) {
  std::vector<FormTarget> targets;
  std::vector<NamedFile> named;
  for (const std::string& file : files) {
    const Form* form = form_of_file(file);
    if (form == nullptr) {
      throw ConfigError({{"--report", "",
                          fmt::format("the ending of {} is that of no form; use {}",
                                      in_quotes(file, 100), all_endings())}});
    }
    if (form->require != nullptr) form->require();
    check_writable(file, "--report");
    targets.push_back({file, form});
    named.push_back({"--report", file});
  }
  require_apart(named);
  return targets;
}

std::vector<FormFile> render(const Form& form, const StoredRun& run,
                             const RunComparison* comparison) {
  const bool compared = comparison != nullptr && form.write_compared != nullptr;
  return compared ? form.write_compared(run, *comparison) : form.write(run);
}

void write_form(const FormTarget& target, const StoredRun& run, std::string_view flag,
                const RunComparison* comparison) {
  const std::vector<FormFile> files = render(*target.form, run, comparison);
  if (files.size() == 1) return write_file(target.file, files.front().text, flag);
  const std::string whole = target.file.string();
  const bool has_ending = in_small(whole).ends_with(target.form->ending);
  const std::string stem =
      has_ending ? whole.substr(0, whole.size() - target.form->ending.size()) : whole;
  std::set<std::string> taken;
  for (const FormFile& file : files) {
    std::string name = file_part(file.part);
    while (!taken.insert(in_small(name)).second) name += '~';
    write_file(fmt::format("{}-{}{}", stem, name, target.form->ending), file.text, flag);
  }
}

std::string list_forms() {
  std::string text = "Forms, and the endings that ask for them:\n";
  for (const Form& form : all_forms()) {
    text += fmt::format("  {:<14}{:<16}{}\n", form.name, form.ending, form.summary);
  }
  return text;
}

const Form& form_named(std::string_view name, std::string_view where) {
  if (const Form* form = find_form(name)) return *form;
  std::vector<std::string_view> names;
  for (const Form& form : all_forms()) names.push_back(form.name);
  throw ConfigError(
      {{std::string(where), "",
        fmt::format("there is no form {}; {}", in_quotes(name), suggestion(name, names))}});
}

}  // namespace busmark

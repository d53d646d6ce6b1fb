// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "record/store/field_schema.hpp"
#include "record/store/field_writer.hpp"
#include "verb/documents.hpp"
#include "verb/search/fields.hpp"

namespace busmark {

std::string write_search_json(const SearchSession& session) {
  return FieldWriter::document(kSearchSchema, session);
}

std::string search_schema() {
  SearchSession example;
  SearchedScenario& scenario = example.scenarios.emplace_back();
  scenario.budget.emplace_back();
  scenario.result.goals.emplace_back();
  scenario.result.steps.emplace_back().trials.emplace_back();
  return FieldSchema::document(
      kSearchSchema, "The highest rates that hold, as busmark search --json writes it.", example);
}

}  // namespace busmark

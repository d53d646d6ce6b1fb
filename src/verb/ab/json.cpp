// SPDX-License-Identifier: Apache-2.0
#include "verb/ab/json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "busmark/base/error.hpp"

#include "base/quote.hpp"
#include "record/store/field_schema.hpp"
#include "record/store/field_writer.hpp"
#include "verb/ab/fields.hpp"
#include "verb/documents.hpp"

namespace busmark {

std::string write_ab_json(const AbSession& session, const RunComparison& comparison) {
  return FieldWriter::document(kAbSchema, AbDocument{session, comparison});
}

std::string ab_schema() {
  AbSession session;
  session.scenarios.emplace_back();
  RunComparison comparison;
  comparison.scenarios.emplace_back();
  return FieldSchema::document(kAbSchema,
                               "Two settings or programs in interleaved blocks, as busmark ab "
                               "--json writes them.",
                               AbDocument{session, comparison});
}

std::vector<AbCall> read_ab_calls(const std::string& text, const std::string& file) {
  std::vector<AbCall> calls;
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("schema") != kAbSchema) throw SetupError("it has another schema");
    for (const auto& scenario : json.at("scenarios")) {
      for (const auto& one : scenario.at("measures")) {
        const auto& effect = one.at("effect");
        calls.push_back({.scenario = scenario.at("name"),
                         .measure = one.at("measure"),
                         .verdict = one.at("verdict"),
                         .effect = effect.is_number() ? effect.get<double>() : 0});
      }
    }
  } catch (const std::exception& error) {
    throw SetupError(
        fmt::format("{} is no busmark.ab/1 file: {}", in_quotes(file, 200), error.what()));
  }
  return calls;
}

}  // namespace busmark

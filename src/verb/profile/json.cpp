// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "record/store/field_schema.hpp"
#include "record/store/field_writer.hpp"
#include "verb/documents.hpp"
#include "verb/profile/fields.hpp"

namespace busmark {

std::string write_profile_json(const ProfileReport& report) {
  return FieldWriter::document(kProfileSchema, report);
}

std::string profile_schema() {
  ProfileReport example;
  ScenarioSummary& cost = example.without_perf.emplace();
  for (const Percentile percentile : kReportedPercentiles) {
    cost.response.percentiles.emplace_back().percentile = percentile;
  }
  example.under_perf = cost;
  return FieldSchema::document(
      kProfileSchema, "What a message costs the processor, as busmark profile --json writes it.",
      example);
}

}  // namespace busmark

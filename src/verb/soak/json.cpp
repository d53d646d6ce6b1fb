// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "record/store/field_schema.hpp"
#include "record/store/field_writer.hpp"
#include "verb/documents.hpp"
#include "verb/soak/fields.hpp"

namespace busmark {

std::string write_soak_json(const SoakSession& session) {
  return FieldWriter::document(kSoakSchema, session);
}

std::string soak_schema() {
  return FieldSchema::document(
      kSoakSchema, "What a long run says of memory and drift, as busmark soak --json writes it.",
      SoakSession{});
}

}  // namespace busmark

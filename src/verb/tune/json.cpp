// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "record/store/field_schema.hpp"
#include "record/store/field_writer.hpp"
#include "verb/documents.hpp"
#include "verb/tune/fields.hpp"
#include "verb/tune/tell.hpp"

namespace busmark {

std::string write_tune_json(const TuneLedger& ledger) {
  return FieldWriter::document(kTuneSchema, ledger);
}

std::string tune_schema() {
  return FieldSchema::document(
      kTuneSchema, "Every change that was tried and what it gained, as busmark tune keeps it.",
      TuneLedger{});
}

}  // namespace busmark

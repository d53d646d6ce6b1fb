// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "record/store/field_schema.hpp"
#include "record/store/field_writer.hpp"
#include "verb/documents.hpp"
#include "verb/noise/fields.hpp"
#include "verb/noise/tell.hpp"

namespace busmark {

std::string write_noise_json(const NoiseSummary& summary) {
  return FieldWriter::document(kNoiseSchema, summary);
}

std::string noise_schema() {
  NoiseResult example;
  example.cores.emplace_back(CpuId{0}, example.options.duration);
  return FieldSchema::document(
      kNoiseSchema,
      "What each core was kept from while nothing was measured, as busmark noise --json writes it.",
      summarise(example));
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "record/store/field_schema.hpp"
#include "record/store/field_writer.hpp"
#include "verb/doctor/fields.hpp"
#include "verb/doctor/tell.hpp"
#include "verb/documents.hpp"

namespace busmark {

std::string write_doctor_json(const Examination& machine, const Diagnosis& diagnosis) {
  return FieldWriter::document(kDoctorSchema, DoctorDocument{machine, diagnosis});
}

std::string doctor_schema() {
  const Examination machine;
  const Diagnosis diagnosis;
  return FieldSchema::document(kDoctorSchema,
                               "What the machine costs latency and how to cure it, as busmark "
                               "doctor --json writes it.",
                               DoctorDocument{machine, diagnosis});
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include "record/store/json_writer.hpp"

namespace busmark {

[[nodiscard]] std::string ab_schema();
[[nodiscard]] std::string cores_schema();
[[nodiscard]] std::string doctor_schema();
[[nodiscard]] std::string history_schema();
[[nodiscard]] std::string noise_schema();
[[nodiscard]] std::string profile_schema();
[[nodiscard]] std::string search_schema();
[[nodiscard]] std::string soak_schema();
[[nodiscard]] std::string tune_schema();

/// A JSON document that busmark writes.
struct Document {
  const char* name;         ///< As `busmark generate schema` takes it.
  std::string (*schema)();  ///< Its JSON Schema, with a final newline.
};

/// A room that writes a document adds it here.
inline constexpr std::array kDocuments{
    Document{"result", result_schema},   Document{"ab", ab_schema},
    Document{"cores", cores_schema},     Document{"doctor", doctor_schema},
    Document{"history", history_schema}, Document{"noise", noise_schema},
    Document{"profile", profile_schema}, Document{"search", search_schema},
    Document{"soak", soak_schema},       Document{"tune", tune_schema},
};

}  // namespace busmark

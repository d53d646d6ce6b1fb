// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "verb/doctor/judge.hpp"

namespace busmark {

inline constexpr const char* kDoctorSchema = "busmark.doctor/1";

struct DoctorTextOptions {
  bool color = false;  ///< ANSI colours on the levels; the words stand there without them.
  bool all = false;    ///< Every check with what was found, and what only the BIOS can tell.
};

/// The diagnosis for a person, at most 80 columns wide wherever a command allows it: groups with
/// what to change and how, then the score and whether the budgets can be served. Pure.
[[nodiscard]] std::string write_doctor_text(const Examination& machine, const Diagnosis& diagnosis,
                                            const DoctorTextOptions& options);

/// The same for programs: every check with all that is known about it. Pure.
[[nodiscard]] std::string write_doctor_json(const Examination& machine, const Diagnosis& diagnosis);

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "record/store/measured.hpp"

#include "record/store/measured_fields.hpp"

namespace busmark {

std::string write_begun(const RunResult& result) { return write_line(result); }
void read_begun(std::string_view text, std::string_view what, RunResult& result) {
  read_line(text, what, result);
}

std::string write_measured(const RepetitionResult& result) { return write_line(result); }

RepetitionResult read_measured(std::string_view text, std::string_view what) {
  RepetitionResult result;
  read_line(text, what, result);
  return result;
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "record/store/measured.hpp"

#include "record/store/measured_fields.hpp"

namespace busmark {
namespace {

template <typename T>
T line_of(std::string_view text, std::string_view what) {
  T value;
  read_line(text, what, value);
  return value;
}

}  // namespace

std::string write_begun(const RunResult& result) { return write_line(result); }
void read_begun(std::string_view text, std::string_view what, RunResult& result) {
  read_line(text, what, result);
}

std::string write_measured(const RepetitionResult& result) { return write_line(result); }

RepetitionResult read_measured(std::string_view text, std::string_view what) {
  return line_of<RepetitionResult>(text, what);
}

std::string write_plan(const PlanText& plan) { return write_line(plan); }

PlanText read_plan(std::string_view text, std::string_view what) {
  return line_of<PlanText>(text, what);
}

std::string write_placements(const std::vector<Placement>& placements) {
  return write_line(placements);
}

std::vector<Placement> read_placements(std::string_view text, std::string_view what) {
  return line_of<std::vector<Placement>>(text, what);
}

}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/golden.hpp"
#include "support/recorded_tree.hpp"
#include "verb/doctor/tell.hpp"

namespace busmark {
namespace {

struct LaptopCase {
  Examination machine;
  Diagnosis diagnosis;
};

LaptopCase read_laptop() {
  const testing::RecordedTree tree("doctor/laptop_powersave");
  ExaminationOptions options;
  options.root = tree.root();
  options.cores = {CpuId{2}, CpuId{4}};
  LaptopCase result{examine(options), {}};
  // How these tests are built is no fact about the machine.
  result.machine.build = BuildInfo{};
  result.machine.build.version = "0.1.0";
  result.machine.build.compiler = "g++";
  result.machine.build.optimised = true;
  const std::vector<Budget> budgets{parse_budget("p95 < 50us")};
  result.diagnosis = diagnose(result.machine, budgets);
  return result;
}

/// Unpacked once for all tests.
const LaptopCase& laptop() {
  static const LaptopCase kLaptop = read_laptop();
  return kLaptop;
}

std::string text_of(const LaptopCase& input, bool color, bool all) {
  return write_doctor_text(input.machine, input.diagnosis, {.color = color, .all = all});
}

std::string without_colors(std::string text) {
  for (auto at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b')) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  return text;
}

TEST_CASE("the diagnosis reads as recorded") {
  const std::string text = text_of(laptop(), false, false);
  CHECK(text == testing::golden("doctor/laptop_powersave.report.txt", text));
}

TEST_CASE("the diagnosis for programs is as recorded, and JSON") {
  const LaptopCase& input = laptop();
  const std::string text = write_doctor_json(input.machine, input.diagnosis);
  CHECK(text == testing::golden("doctor/laptop_powersave.report.json", text));
  const auto json = nlohmann::json::parse(text);
  CHECK(json["schema"] == "busmark.doctor/1");
  CHECK(json["findings"].size() == input.diagnosis.findings.size());
  CHECK(json["fit"] == true);
  CHECK(json["measured"].is_null());
}

TEST_CASE("only commands are wider than a terminal of 80 columns") {
  for (const bool all : {false, true}) {
    std::istringstream lines(text_of(laptop(), false, all));
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      const bool command = line.find("> ") != std::string::npos ||
                           line.find("undo: ") != std::string::npos ||
                           line.find('/') != std::string::npos;
      CHECK((line.size() <= 80 || command));
      CHECK_FALSE(line.ends_with(" "));
    }
  }
}

TEST_CASE("colours add nothing but colours") {
  const LaptopCase& input = laptop();
  const std::string plain = text_of(input, false, true);
  const std::string colored = text_of(input, true, true);
  CHECK(plain.find('\x1b') == std::string::npos);
  CHECK(colored.find("\x1b[33mWARN\x1b[0m") != std::string::npos);
  CHECK(without_colors(colored) == plain);
}

TEST_CASE("every check is told, shortly or at length") {
  const LaptopCase& input = laptop();
  for (const bool all : {false, true}) {
    const std::string text = text_of(input, false, all);
    for (const Finding& finding : input.diagnosis.findings) {
      CAPTURE(finding.id);
      CHECK(text.find(finding.id) != std::string::npos);
    }
  }
  CHECK(text_of(input, false, true).find("Not readable from Linux") != std::string::npos);
}

TEST_CASE("a machine that is not fit says why in its last line") {
  LaptopCase input = laptop();
  input.diagnosis.findings.front().level = FindingLevel::fail;
  const std::string text = text_of(input, false, false);
  CHECK(text.ends_with("UNFIT: failed: clocksource\n"));
}

TEST_CASE("nothing known is said so") {
  const Examination nothing;
  const Diagnosis diagnosis;
  const std::string text = write_doctor_text(nothing, diagnosis, {});
  CHECK(text.find("no cores to look at") != std::string::npos);
  CHECK(text.find("score unknown of 100") != std::string::npos);
}

}  // namespace
}  // namespace busmark

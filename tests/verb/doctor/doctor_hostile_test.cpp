// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/recorded_tree.hpp"
#include "verb/doctor/judge.hpp"

namespace busmark {
namespace {

using testing::RecordedTree;
namespace fs = std::filesystem;

constexpr const char* kMachines[] = {
    "doctor/tuned_server",  "doctor/laptop_powersave", "doctor/desktop_smt", "doctor/two_nodes",
    "doctor/isolated_only", "doctor/container_quota",  "doctor/cloud_guest", "doctor/arm_server"};

Diagnosis diagnosis_of(const fs::path& root) {
  ExaminationOptions options;
  options.root = root;
  options.sleeps = true;
  options.realtime = true;
  const std::vector<Budget> budgets{parse_budget("p99 < 10us"), parse_budget("max < 1ms"),
                                    parse_budget("mean < 1us")};
  return diagnose(examine(options), budgets);
}

/// Relative paths of all files of a tree.
std::vector<std::string> files_of(const fs::path& root) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), root).string());
  }
  return files;
}

/// Replaces a file that is there, which is quicker than RecordedTree::write.
void put(const RecordedTree& tree, const std::string& file, const std::string& text) {
  std::ofstream(tree.root() / file, std::ios::trunc) << text << '\n';
}

/// What must hold whatever the machine says.
void check_sound(const Diagnosis& diagnosis) {
  CHECK(diagnosis.findings.size() > 50);
  for (const Finding& finding : diagnosis.findings) {
    CAPTURE(finding.id);
    CAPTURE(finding.found);
    const bool is_unknown = finding.level == FindingLevel::unknown;
    CHECK(is_unknown == !finding.reason.empty());
    CHECK(is_unknown == finding.found.empty());
    CHECK(finding.level <= std::max(finding.severity, FindingLevel::unknown));
    const bool bad = finding.level == FindingLevel::warn || finding.level == FindingLevel::fail;
    CHECK((!bad || !finding.fix.empty()));
    for (const auto& text : {finding.found, finding.reason}) {
      CHECK(std::none_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
    }
  }
  if (diagnosis.score) {
    CHECK(*diagnosis.score >= 0);
    CHECK(*diagnosis.score <= 100);
  }
}

TEST_CASE("nothing is known of an empty tree, and each check says why") {
  const RecordedTree tree;
  const Diagnosis diagnosis = diagnosis_of(tree.root());
  check_sound(diagnosis);
  for (const Finding& finding : diagnosis.findings) {
    CAPTURE(finding.id);
    CAPTURE(finding.found);
    // These judge what is chosen, and nothing is.
    const bool about_choice = finding.id == "first-cpu" || finding.id == "helpers" ||
                              finding.id == "own-build" || finding.id == "core-class";
    CHECK((about_choice || finding.level == FindingLevel::unknown));
  }
}

TEST_CASE("a machine of which every file is empty is survived") {
  for (const char* machine : kMachines) {
    CAPTURE(machine);
    const RecordedTree tree(machine);
    for (const std::string& file : files_of(tree.root())) put(tree, file, "");
    check_sound(diagnosis_of(tree.root()));
  }
}

TEST_CASE("garbage in any file is survived, and never obeyed by a terminal") {
  const std::string escape = "\x1b[2J\x1b]0;owned\x07 \xff\xfe $(reboot) `reboot` ' \" ; rm -rf /";
  for (const char* machine : kMachines) {
    CAPTURE(machine);
    const RecordedTree tree(machine);
    for (const std::string& file : files_of(tree.root())) put(tree, file, escape);
    check_sound(diagnosis_of(tree.root()));
  }
}

TEST_CASE("numbers beyond any machine are survived") {
  const RecordedTree tree("doctor/tuned_server");
  const auto files = files_of(tree.root());
  for (const char* text :
       {"99999999999999999999999999", "-9223372036854775808", "9223372036854775807", "0-65535", "0",
        "-1", "0,0,0,0", "4294967295,ffffffff", "nan", "1e308", "\n\n\n", ":::", "[[[]]]",
        "max max max", "cpu0 1 2 3"}) {
    CAPTURE(text);
    for (const std::string& file : files) {
      // Every one of 65536 CPUs would be read, which takes long and shows nothing more.
      const bool list = file.find("system/cpu/") != std::string::npos ||
                        file.find("system/node/") != std::string::npos ||
                        file.find("status") != std::string::npos;
      if (!list || std::string(text) != "0-65535") put(tree, file, text);
    }
    check_sound(diagnosis_of(tree.root()));
  }
}

TEST_CASE("files without end, folders and pipes in place of files are survived") {
  const RecordedTree tree("doctor/tuned_server");
  const std::string large(5 << 20, '7');
  tree.write("proc/cpuinfo", large);
  tree.write("proc/interrupts", large);
  tree.write("proc/self/status", large);
  tree.write("sys/devices/system/cpu/isolated", large);
  tree.remove("proc/stat");
  fs::create_directories(tree.root() / "proc/stat");
  tree.remove("proc/swaps");
  REQUIRE(mkfifo((tree.root() / "proc/swaps").c_str(), 0600) == 0);
  tree.remove("sys/kernel/mm/ksm/run");
  fs::create_symlink("/dev/zero", tree.root() / "sys/kernel/mm/ksm/run");
  const Diagnosis diagnosis = diagnosis_of(tree.root());
  check_sound(diagnosis);
  for (const Finding& finding : diagnosis.findings) {
    if (finding.id == "same-page-merging" || finding.id == "swap" || finding.id == "tsc-flags") {
      CAPTURE(finding.id);
      CHECK(finding.level == FindingLevel::unknown);
    }
  }
}

TEST_CASE("bytes changed at random in recorded files are survived") {
  std::minstd_rand random(20'261'121);
  for (int round = 0; round < 16; ++round) {
    const RecordedTree tree(kMachines[static_cast<std::size_t>(round) % std::size(kMachines)]);
    const auto files = files_of(tree.root());
    for (int change = 0; change < 40; ++change) {
      const std::string& file = files[random() % files.size()];
      std::string text = read_kernel_file(tree.root() / file, 1 << 20).text;
      if (text.empty()) continue;
      text[random() % text.size()] = static_cast<char>(random() % 256);
      if (random() % 8 == 0) text.resize(random() % text.size());
      put(tree, file, text);
    }
    check_sound(diagnosis_of(tree.root()));
  }
}

TEST_CASE("no command that is shown runs what a file holds") {
  const RecordedTree tree("doctor/laptop_powersave");
  tree.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "$(reboot)'; reboot");
  tree.write("proc/sys/vm/swappiness", "60 ; reboot");
  for (const Finding& finding : diagnosis_of(tree.root()).findings) {
    for (const std::string& line : finding.undo) {
      if (line.find("reboot") == std::string::npos) continue;
      CAPTURE(line);
      const bool quoted = line.find("'$(reboot)'\\''; reboot'") != std::string::npos ||
                          line.find("='60 ; reboot'") != std::string::npos;
      CHECK(quoted);
    }
  }
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "machine/kernel_snapshot.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "machine/topology.hpp"
#include "support/recorded_tree.hpp"

namespace busmark {
namespace {

using testing::RecordedTree;
using Strings = std::vector<std::string>;

KernelSnapshot snapshot_of(const RecordedTree& tree, const Strings& patterns) {
  return {tree.root(), patterns};
}

TEST_CASE("patterns name files, and numbers come in their order") {
  const RecordedTree tree;
  for (const char* name : {"sys/cpu10/online", "sys/cpu2/online", "sys/cpufreq/online"}) {
    tree.write(name, "1");
  }
  const KernelSnapshot snapshot = snapshot_of(tree, {"sys/cpu#/online"});
  CHECK(snapshot.matching("sys/cpu#/online") == Strings{"sys/cpu2/online", "sys/cpu10/online"});
  CHECK(snapshot.matching("sys/*/online").size() == 2);
  CHECK(snapshot.matching("sys/cpu2/online") == Strings{"sys/cpu2/online"});
  CHECK(snapshot.matching("sys/cpu#").empty());
}

TEST_CASE("a star stands for any letters of one part of a path, a hash for digits") {
  CHECK(matches_pattern("state0", "state#"));
  CHECK(matches_pattern("state12", "state#"));
  CHECK_FALSE(matches_pattern("state", "state#"));
  CHECK_FALSE(matches_pattern("state1x", "state#"));
  CHECK(matches_pattern("a/1/b/22/c", "a/#/b/#/c"));
  CHECK(matches_pattern("hugepages-2048kB", "hugepages-*"));
  CHECK(matches_pattern("hugepages-", "hugepages-*"));
  CHECK(matches_pattern("core_throttle_count", "*_throttle_count"));
  CHECK_FALSE(matches_pattern("a/b", "*"));
  CHECK_FALSE(matches_pattern("", "#"));
}

TEST_CASE("what cannot be read has its reason") {
  const RecordedTree tree;
  tree.write("sys/file", "garbage");
  tree.write("sys/empty", "");
  std::filesystem::create_directories(tree.root() / "sys/folder");
  const KernelSnapshot snapshot =
      snapshot_of(tree, {"sys/file", "sys/empty", "sys/folder", "sys/absent", "sys/file/below"});
  CHECK(snapshot.why_not("sys/absent") == "/sys/absent: not present here");
  CHECK(snapshot.why_not("sys/file/below") == "/sys/file/below: not present here");
  CHECK(snapshot.why_not("sys/folder") == "/sys/folder: is a folder");
  CHECK(snapshot.why_not("sys/empty") == "/sys/empty: is empty");
  CHECK(snapshot.why_not("sys/file") == "/sys/file: \"garbage\" is not understood");
  CHECK_FALSE(snapshot.number("sys/file"));
  CHECK_FALSE(snapshot.cpus("sys/file"));
  CHECK_FALSE(snapshot.line("sys/empty"));
  CHECK(snapshot.has("sys/empty"));
  CHECK_FALSE(snapshot.has("sys/absent"));
}

TEST_CASE("a file that only root may read says so") {
  if (geteuid() == 0) return;  // For root there is no such file.
  const RecordedTree tree;
  tree.write("dev/cpu_dma_latency", "x");
  REQUIRE(chmod((tree.root() / "dev/cpu_dma_latency").c_str(), 0) == 0);
  const KernelSnapshot snapshot = snapshot_of(tree, {"dev/cpu_dma_latency"});
  CHECK(snapshot.why_not("dev/cpu_dma_latency") == "/dev/cpu_dma_latency: needs root to be read");
}

TEST_CASE("pipes are not waited for and files without end are given up") {
  const RecordedTree tree;
  tree.write("proc/uptime", "1");
  REQUIRE(mkfifo((tree.root() / "proc/pipe").c_str(), 0600) == 0);
  std::filesystem::create_symlink("/dev/zero", tree.root() / "proc/endless");
  const KernelSnapshot snapshot = snapshot_of(tree, {"proc/*"});
  CHECK_FALSE(snapshot.line("proc/pipe"));
  CHECK_FALSE(snapshot.has("proc/endless"));
  CHECK(snapshot.why_not("proc/endless").find("holds more than") != std::string::npos);
  CHECK(snapshot.number("proc/uptime") == 1);
}

TEST_CASE("numbers and lists are taken whole or not at all") {
  KernelSnapshot snapshot;
  snapshot.put("number", "950000\n");
  snapshot.put("several", "100000 50000\n");
  snapshot.put("negative", " -1 \n");
  snapshot.put("mixed", "12kB\n");
  snapshot.put("large", "99999999999999999999\n");
  snapshot.put("list", "0-1,4\n");
  snapshot.put("none", "\n");
  CHECK(snapshot.number("number") == 950'000);
  CHECK(snapshot.number("several") == 100'000);
  CHECK(snapshot.number("negative") == -1);
  CHECK_FALSE(snapshot.number("mixed"));
  CHECK_FALSE(snapshot.number("large"));
  CHECK(snapshot.cpus("list")->size() == 3);
  CHECK(snapshot.cpus("none")->empty());
  CHECK_FALSE(snapshot.cpus("absent"));
}

TEST_CASE("values are found by their whole key") {
  const std::string status =
      "Name:\tbusmark\nCapEff:\t000001ff\nSeccomp:\t2\nSeccomp_filters:\t1\n";
  CHECK(value_of(status, "Seccomp") == "2");
  CHECK(value_of(status, "CapEff") == "000001ff");
  CHECK(value_of("model name\t: AMD EPYC\n", "model name") == "AMD EPYC");
  CHECK_FALSE(value_of(status, "Cap"));
  CHECK_FALSE(value_of("", "Name"));
}

TEST_CASE("the chosen word is the one in brackets") {
  CHECK(chosen_word("always [madvise] never") == "madvise");
  CHECK(chosen_word("none") == "none");
  CHECK(chosen_word("]x[") == "]x[");
  CHECK(words_of(" a\tbc \n").size() == 2);
}

TEST_CASE("what was asked for is known, present or not") {
  const RecordedTree tree;
  const KernelSnapshot snapshot = snapshot_of(tree, {"sys/cpu#/online", "proc/stat"});
  CHECK(snapshot.asked("proc/stat"));
  CHECK(snapshot.asked("sys/cpu7/online"));
  CHECK_FALSE(snapshot.asked("sys/cpu7/offline"));
}

TEST_CASE("a CPU list is written as the kernel writes it") {
  for (const char* text : {"", "0", "0-3", "0-3,8", "1,3,5-6", "65535"}) {
    CHECK(format_cpu_list(parse_cpu_list(text)) == text);
  }
}

TEST_CASE("the same CPUs named often are no more CPUs") {
  std::string text = "0-65535";
  for (int i = 0; i < 5'000; ++i) text += ",0-65535";
  CHECK(parse_cpu_list(text).size() == 65'536);
}

}  // namespace
}  // namespace busmark

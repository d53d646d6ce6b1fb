// SPDX-License-Identifier: Apache-2.0
#include "machine/examination.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "busmark/base/error.hpp"

#include "support/recorded_tree.hpp"

namespace busmark {
namespace {

using namespace std::chrono_literals;
using testing::RecordedTree;
using Strings = std::vector<std::string>;

bool has(const Strings& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

TEST_CASE("a group of version 2 has its ancestors up to the mount") {
  CHECK(cgroup_folders("0::/a/b\n") == Strings{"sys/fs/cgroup/a/b", "sys/fs/cgroup/a",
                                               "sys/fs/cgroup", "sys/fs/cgroup/unified/a/b",
                                               "sys/fs/cgroup/unified/a", "sys/fs/cgroup/unified"});
  CHECK(cgroup_folders("0::/\n").front() == "sys/fs/cgroup");
}

TEST_CASE("groups of version 1 are looked for under both names of a joint hierarchy") {
  const Strings folders = cgroup_folders("4:cpu,cpuacct:/x\n3:cpuset:/\n2:memory:/y\n");
  CHECK(folders == Strings{"sys/fs/cgroup/cpu,cpuacct/x", "sys/fs/cgroup/cpu,cpuacct",
                           "sys/fs/cgroup/cpu/x", "sys/fs/cgroup/cpu", "sys/fs/cgroup/cpuset"});
}

TEST_CASE("what is no list of groups has no folders, and no path leaves the mount") {
  CHECK(cgroup_folders("").empty());
  CHECK(cgroup_folders("garbage\n\n::").size() <= 2);
  for (const std::string& folder : cgroup_folders("0::/../../etc\n1:cpu:/a/../../..\n")) {
    CHECK(folder.find("..") == std::string::npos);
  }
}

TEST_CASE("a recorded tree is read, not measured") {
  const RecordedTree tree("isolated_cores");
  const Examination machine = examine({.root = tree.root(), .cores = {CpuId{3}, CpuId{2}}});
  CHECK(machine.cores == std::vector{CpuId{2}, CpuId{3}});
  CHECK(machine.housekeeping().size() == 6);
  CHECK(machine.first.line("sys/devices/system/cpu/isolated") == "2-5");
  CHECK_FALSE(machine.measured);
  CHECK_FALSE(machine.later);
  CHECK_FALSE(machine.not_measured.empty());
}

TEST_CASE("the cores are those that a run would take unless they are named") {
  const RecordedTree tree("isolated_cores");
  CHECK(examine({.root = tree.root()}).cores == std::vector{CpuId{2}, CpuId{3}});
}

TEST_CASE("a core that does not exist is refused with the ones that do") {
  const RecordedTree tree("isolated_cores");
  try {
    static_cast<void>(examine({.root = tree.root(), .cores = {CpuId{9}}}));
    FAIL("accepted");
  } catch (const SetupError& error) {
    CHECK(std::string(error.what()) == "--cores: there is no cpu 9; this machine has 0-7");
  }
}

TEST_CASE("counters recorded a second time are told apart by the uptime") {
  const RecordedTree tree("isolated_cores");
  tree.write("proc/uptime", "100.00 700.00");
  tree.write("after/proc/uptime", "102.50 712.00");
  tree.write("after/proc/loadavg", "0.50 0.10 0.00 1/100 4242");
  const Examination machine = examine({.root = tree.root()});
  REQUIRE(machine.later);
  CHECK(machine.between == 2500ms);
  CHECK(machine.later->line("proc/loadavg")->starts_with("0.50"));
  tree.write("after/proc/uptime", "99.00 1.00");
  CHECK_FALSE(examine({.root = tree.root()}).later);
}

TEST_CASE("an empty tree has no cores and nothing to read") {
  const RecordedTree tree;
  const Examination machine = examine({.root = tree.root()});
  CHECK(machine.cores.empty());
  CHECK(machine.housekeeping().empty());
}

TEST_CASE("the live machine is measured on the chosen cores and read before and after") {
  const Examination machine = examine({.probe = 20ms});
  REQUIRE(machine.measured);
  CHECK(machine.measured->cores.size() == machine.cores.size());
  CHECK(machine.measured->clock.read_cost_ns > 0);
  CHECK(machine.between >= 20ms);
  REQUIRE(machine.later);
  CHECK(machine.later->has("proc/uptime"));
}

TEST_CASE("no time for a probe leaves the cores alone") {
  const Examination machine = examine({.probe = 0ns});
  CHECK_FALSE(machine.measured);
  CHECK(machine.not_measured.find("--probe") != std::string::npos);
}

TEST_CASE("counters are among the files that are read first") {
  const Strings groups{"sys/fs/cgroup"};
  const Strings files = examined_files(groups);
  for (const std::string& counter : examined_counters(groups)) CHECK(has(files, counter));
  CHECK(has(files, "sys/fs/cgroup/cpu.max"));
}

}  // namespace
}  // namespace busmark

// SPDX-License-Identifier: Apache-2.0
#include "machine/environment.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

namespace busmark {
namespace {

/// A /proc and /sys of our own below a temporary folder.
class FakeRoot {
 public:
  FakeRoot() {
    std::string pattern = (std::filesystem::temp_directory_path() / "busmark-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~FakeRoot() { std::filesystem::remove_all(path_); }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_CASE("the machine is described as its kernel files tell") {
  const FakeRoot root;
  root.write("proc/cpuinfo",
             "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9R14\n"
             "flags\t\t: fpu tsc hypervisor constant_tsc\n\n"
             "processor\t: 1\nmodel name\t: another\nflags\t\t: fpu\n");
  root.write("proc/loadavg", "1.25 0.50 0.10 1/100 4242\n");
  root.write("proc/sys/kernel/sched_rt_runtime_us", "950000\n");
  root.write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  root.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  root.write("sys/devices/system/cpu/smt/control", "notsupported\n");
  root.write("sys/devices/system/cpu/isolated", "2-3\n");
  root.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  const Environment environment = read_environment(root.path());
  CHECK(environment.cpu_model == "AMD EPYC 9R14");
  CHECK(environment.virtual_machine == true);
  CHECK(environment.load_average == 1.25);
  CHECK(environment.realtime_budget_us == 950'000);
  CHECK(environment.clocksource == "tsc");
  CHECK(environment.governor == "performance");
  CHECK(environment.smt == "notsupported");
  CHECK(environment.isolated_cpus == "2-3");
  CHECK(environment.transparent_huge_pages == "madvise");
}

TEST_CASE("a real machine has no hypervisor flag, and no limit on real time is -1") {
  const FakeRoot root;
  root.write("proc/cpuinfo", "model name\t: Intel\nflags\t\t: fpu hypervisors_are_words vmx\n\n");
  root.write("proc/sys/kernel/sched_rt_runtime_us", "-1\n");
  const Environment environment = read_environment(root.path());
  CHECK(environment.virtual_machine == false);
  CHECK(environment.realtime_budget_us == -1);
}

TEST_CASE("what cannot be read is unknown and never a default") {
  const FakeRoot root;
  root.write("proc/loadavg", "nonsense\n");
  const Environment environment = read_environment(root.path());
  CHECK(environment.cpu_model.empty());
  CHECK_FALSE(environment.virtual_machine.has_value());
  CHECK_FALSE(environment.load_average.has_value());
  CHECK_FALSE(environment.realtime_budget_us.has_value());
  CHECK(environment.clocksource.empty());
  CHECK(environment.governor.empty());
  CHECK(environment.smt.empty());
  CHECK(environment.isolated_cpus.empty());
  CHECK(environment.transparent_huge_pages.empty());
  // These come from system calls.
  CHECK_FALSE(environment.kernel.empty());
  CHECK_FALSE(environment.architecture.empty());
  CHECK(environment.online_cpus > 0);
}

}  // namespace
}  // namespace busmark
